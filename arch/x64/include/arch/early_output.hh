// Text for the person at the first serial port, or where a hypervisor shows it, as long as there is nothing
// better.
#pragma once

#include <string_view>

namespace arch
{
/// Writes by polling; callable from any context.
void write_early_output(std::string_view text);

/// Where it goes from now on instead of the serial port.
void set_early_output(void (*write)(std::string_view text));
} // namespace arch
