// Starting the devices of the machine: what start-up calls, once, in thread context with interrupts on.
#pragma once

namespace drivers
{
/// Looks for devices where this machine may have some and gives each to its driver. What their interrupts
/// bring later (names of console ports) goes on beside the rest of start-up.
void start();
} // namespace drivers
