// Text for the person at the first serial port, as long as there is nothing better.
#pragma once

#include <string_view>

namespace arch
{
/// Writes by polling; callable from any context.
void write_early_output(std::string_view text);
} // namespace arch
