// See calibration.hh. Sources: Intel SDM 18.7.3 (leaf 0x15), Linux Documentation/virt/kvm/x86/msr.rst
// (pvclock).
#include "arch/x64/time/calibration.hh"

#include "arch/wide_math.hh"

namespace arch::calibration
{
u64 frequency(const sample& first, const sample& last, u64 reference_mask, u64 reference_frequency)
{
    const u64 reference = (last.reference - first.reference) & reference_mask;
    if (reference == 0)
        return 0;
    return multiply_divide(last.cycles() - first.cycles(), reference_frequency, reference);
}

u64 frequency_from_pvclock(u32 multiplier, s8 shift)
{
    if (multiplier == 0)
        return 0;
    const u64 unshifted = (u64{1'000'000'000} << 32) / multiplier;
    return shift >= 0 ? unshifted >> shift : unshifted << -shift;
}

u64 frequency_from_cpuid(u32 denominator, u32 numerator, u32 crystal_hz, u32 base_mhz)
{
    if (denominator == 0 || numerator == 0)
        return 0;
    if (crystal_hz == 0) // some CPUs leave it out; then the base frequency is the TSC's
        return u64{base_mhz} * 1'000'000;
    return u64{crystal_hz} * numerator / denominator;
}
} // namespace arch::calibration
