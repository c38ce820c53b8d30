// What the auxiliary vector says of the CPU.
#pragma once

#include "core/base/types.hh"

namespace loader
{
/// CPUID leaf 1, EDX.
u64 cpu_capabilities();
/// Bit 1: the application may use RDFSBASE and its like.
u64 cpu_capabilities_2();
/// What one signal frame needs at most.
u64 minimum_signal_stack();
} // namespace loader
