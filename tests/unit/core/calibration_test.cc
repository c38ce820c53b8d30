// Clock arithmetic that cannot be tried on this machine: kvmclock's scale, CPUID's crystal, counters that
// wrap.
#include <gtest/gtest.h>

#include "arch/x64/time/calibration.hh"

namespace
{
using namespace arch::calibration;

TEST(calibration, two_samples)
{
    // 1 ms of a 3.579545 MHz timer that wraps at 24 bits, beside a 2.4 GHz counter.
    const sample first{1000, 0xfffff0, 1010};
    const sample last{2'401'000, (0xfffff0 + 3580) & 0xffffff, 2'401'010};
    EXPECT_NEAR(static_cast<double>(frequency(first, last, 0xffffff, 3'579'545)), 2.4e9, 2.4e9 * 2e-4);
    EXPECT_EQ(frequency(first, first, 0xffffff, 3'579'545), 0u);
}

TEST(calibration, pvclock)
{
    // What KVM computes for 2.5 GHz: shift -1 and 32-bit multiplier 0.8 * 2^32.
    const auto multiplier = static_cast<u32>(0.8 * 4294967296.0);
    EXPECT_NEAR(static_cast<double>(frequency_from_pvclock(multiplier, -1)), 2.5e9, 10.0);
    EXPECT_NEAR(static_cast<double>(frequency_from_pvclock(0x80000000u, 1)), 1e9, 1.0);
    EXPECT_EQ(frequency_from_pvclock(0, 0), 0u);
}

TEST(calibration, cpuid_leaves)
{
    EXPECT_EQ(frequency_from_cpuid(2, 208, 24'000'000, 0), 2'496'000'000u);
    EXPECT_EQ(frequency_from_cpuid(2, 208, 0, 2500), 2'500'000'000u);
    EXPECT_EQ(frequency_from_cpuid(0, 0, 0, 2500), 0u);
}
} // namespace
