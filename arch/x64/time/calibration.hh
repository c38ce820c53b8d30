// The arithmetic of measuring one clock by another, apart from hardware so that it is tested on the host.
#pragma once

#include "core/base/types.hh"

namespace arch::calibration
{
/// Two clocks read together; the counter was read before and after the reference.
struct sample {
    u64 cycles_before, reference, cycles_after;

    u64 cycles() const { return cycles_before + (cycles_after - cycles_before) / 2; }
    u64 uncertainty() const { return cycles_after - cycles_before; }
};

/// Hz of the cycle counter from two samples; 0 if the reference has not moved.
u64 frequency(const sample& first, const sample& last, u64 reference_mask, u64 reference_frequency);

/// Hz from kvmclock's multiplier and shift: ns = ((cycles << shift) * multiplier) >> 32 (shift may be
/// negative).
u64 frequency_from_pvclock(u32 multiplier, s8 shift);

/// Hz from CPUID leaf 0x15 (crystal, numerator, denominator) and 0x16 (base MHz); 0 if they do not say.
u64 frequency_from_cpuid(u32 denominator, u32 numerator, u32 crystal_hz, u32 base_mhz);
} // namespace arch::calibration
