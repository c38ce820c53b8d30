// What a panic does at its end.
#pragma once

namespace arch
{
/// How the machine is switched off after a panic: drivers know better than a triple fault. Callable from any
/// context.
void set_power_off(void (*power_off)());
} // namespace arch
