// The PC's text screen: 80 columns, 25 rows, where a machine has a VGA. It goes on where the BIOS stopped.
//
// Only for the person who looks at the machine: lines that go to the first serial port appear here too.
#pragma once

#include <string_view>

namespace arch::screen
{
/// Any context; lines of several CPUs may mix. A kernel without the family vga does not have it.
[[gnu::weak]] void write(std::string_view text);
} // namespace arch::screen
