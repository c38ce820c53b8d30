// Finding the rate of the TSC and of the APIC timer: from whoever knows it (CPUID, kvmclock), else by a short
// measurement against a reference clock, which core/time then refines in the background.
#include <string_view>

#include "arch/clock.hh"
#include "arch/cpu.hh"
#include "arch/x64/apic/local_apic.hh"
#include "arch/x64/cpu/features.hh"
#include "arch/x64/cpu/registers.hh"
#include "arch/x64/time/calibration.hh"
#include "arch/x64/time/reference_clocks.hh"
#include "arch/x64/time/timer_hardware.hh"
#include "arch/x64/xen/leaves.hh"
#include "core/log.hh"
#include "core/mm/frames.hh"
#include "core/mm/layout.hh"

namespace arch
{
namespace
{
constexpr u64 emulated_apic_frequency = 1'000'000'000; // TCG and KVM count nanoseconds
constexpr u64 xen_apic_frequency = 100'000'000;
constexpr u64 coarse_measurement_ns = 20'000;
constexpr u64 assumed_frequency = 1'000'000'000;

constinit const reference_clock* reference = nullptr;

calibration::sample take_sample()
{
    calibration::sample best{};
    u64 least = ~u64{0};
    for (int i = 0; i < 3; i++) {
        const u64 before = cycle_counter();
        const u64 value = reference->read();
        const u64 after = cycle_counter();
        if (after - before < least) {
            least = after - before;
            best = {before, value, after};
        }
    }
    return best;
}

/// kvmclock (Linux, Documentation/virt/kvm/x86/msr.rst): the hypervisor tells the TSC's scale.
u64 kvm_frequency()
{
    constexpr u32 kvm_features_leaf = 0x40000001, clocksource2 = 1 << 3;
    constexpr auto system_time_msr = static_cast<msr>(0x4b564d01);
    if (std::string_view(features.hypervisor_signature, 9) != "KVMKVMKVM" ||
        !(cpuid(kvm_features_leaf).eax & clocksource2))
        return 0;
    struct pvclock {
        u32 version, padding;
        u64 tsc_timestamp, system_time;
        u32 multiplier;
        s8 shift;
        u8 flags, padding2[2];
    };
    const auto page = mm::allocate_frames(0, mm::zeroing::zeroed);
    if (!page)
        return 0;
    write_msr(system_time_msr, page->value | 1);
    const volatile auto* clock = mm::to_virtual<pvclock>(*page);
    const u64 frequency = calibration::frequency_from_pvclock(clock->multiplier, clock->shift);
    write_msr(system_time_msr, 0);
    mm::free_frames(*page);
    return frequency;
}

u64 known_frequency()
{
    const u32 highest = cpuid(0).eax;
    if (highest >= 0x15) {
        const auto ratio = cpuid(0x15);
        const u32 mhz = highest >= 0x16 ? cpuid(0x16).eax & 0xffff : 0;
        if (const u64 f = calibration::frequency_from_cpuid(ratio.eax, ratio.ebx, ratio.ecx, mhz))
            return f;
    }
    if (features.hypervisor && cpuid(0x40000000).eax >= 0x40000010)
        if (const u32 khz = cpuid(0x40000010).eax)
            return u64{khz} * 1000;
    if (const u64 f = xen::tsc_frequency())
        return f;
    return kvm_frequency();
}

u64 measured_frequency()
{
    reference = find_startup_reference();
    if (!reference) {
        klog::line("no clock of known rate: assuming a TSC of {} MHz, times will be wrong",
                   assumed_frequency / 1'000'000);
        return assumed_frequency;
    }
    const u64 ticks = coarse_measurement_ns * reference->frequency / 1'000'000'000 + 1;
    const auto first = take_sample();
    while (((reference->read() - first.reference) & reference->mask) < ticks)
        cpu_relax();
    const u64 f = calibration::frequency(first, take_sample(), reference->mask, reference->frequency);
    return f ? f : assumed_frequency;
}

/// The APIC timer's rate where no hypervisor fixes it.
u64 apic_frequency(u64 tsc_frequency)
{
    if (xen::first_leaf() != 0)
        return xen_apic_frequency;
    if (features.tsc_deadline || features.hypervisor)
        return emulated_apic_frequency;
    local_apic::start_timer(~u32{0});
    const u64 begin = cycle_counter();
    while (cycle_counter() - begin < tsc_frequency / 10'000)
        cpu_relax();
    const u64 ticks = ~u32{0} - local_apic::timer_count();
    local_apic::start_timer(0);
    return ticks * 10'000;
}
} // namespace

void start_clocks()
{
    u64 frequency = known_frequency();
    if (frequency == 0)
        frequency = measured_frequency();
    timer_hardware::choose(apic_frequency(frequency));
    timekeeping::start(frequency, features.rdtscp);
    timer_hardware::start_on_this_cpu();
}

const reference_clock* refinement_reference()
{
    return reference ? find_lasting_reference() : nullptr;
}
} // namespace arch
