// Output to the first serial port, by waiting for it, and to the screen: for start-up, panics and machines
// without anything better.
#pragma once

#include <string_view>

namespace arch::early_console
{
/// Sets the port up if there is one.
void start();
void write(std::string_view text);
} // namespace arch::early_console
