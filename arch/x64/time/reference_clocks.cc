// HPET (IA-PC HPET 1.0a), PM timer (ACPI 6.4, 4.8.3.3), PIT channel 2 (Intel 8254), and TCG's APIC timer,
// which counts nanoseconds of the emulator's clock.
#include "arch/x64/time/reference_clocks.hh"

#include <string_view>

#include "arch/port_io.hh"
#include "arch/x64/apic/local_apic.hh"
#include "arch/x64/cpu/features.hh"
#include "core/device/firmware.hh"
#include "core/mm/kernel_areas.hh"

namespace arch
{
namespace
{
constexpr u64 pm_timer_frequency = 3'579'545;
constexpr u64 pit_frequency = 1'193'182;
constexpr u64 femtoseconds_per_second = 1'000'000'000'000'000;
constexpr u16 pit_channel_2 = 0x42, pit_command = 0x43, pit_gate = 0x61;

constinit u16 pm_timer_port = 0;
constinit volatile u64* hpet_registers = nullptr;
constinit reference_clock chosen{};

u64 read_apic_timer()
{
    return ~u64{local_apic::timer_count()};
}
u64 read_pm_timer()
{
    return in32(pm_timer_port);
}
u64 read_hpet()
{
    return hpet_registers[0xf0 / 8];
}
u64 read_pit()
{
    out8(pit_command, 0x80); // latch channel 2
    const u64 low = in8(pit_channel_2);
    return ~(low | u64{in8(pit_channel_2)} << 8);
}

bool try_apic_timer()
{
    if (std::string_view(features.hypervisor_signature) != "TCGTCGTCGTCG")
        return false;
    local_apic::start_timer(~u32{0}); // the longest: no interrupt comes while the clock is in use, 4.29 s
    chosen = {read_apic_timer, ~u32{0}, 1'000'000'000};
    return true;
}

bool try_hpet(phys_addr base)
{
    if (base.value == 0)
        return false;
    auto mapped = mm::map_device(base, 1024);
    if (!mapped)
        return false;
    hpet_registers = static_cast<volatile u64*>(*mapped);
    const u64 period = hpet_registers[0] >> 32; // femtoseconds
    if (period == 0 || period > 100'000'000)
        return false;
    hpet_registers[0x10 / 8] = hpet_registers[0x10 / 8] | 1; // run
    chosen = {read_hpet, hpet_registers[0] >> 13 & 1 ? ~u64{0} : ~u32{0}, femtoseconds_per_second / period};
    return true;
}

bool try_pm_timer(const firmware::machine& machine)
{
    if (machine.pm_timer_port == 0)
        return false;
    pm_timer_port = machine.pm_timer_port;
    chosen = {read_pm_timer, machine.pm_timer_32_bits ? ~u32{0} : u64{0xffffff}, pm_timer_frequency};
    return true;
}

bool try_pit()
{
    out8(pit_gate, static_cast<u8>((in8(pit_gate) & ~2) | 1)); // gate on, speaker off
    out8(pit_command, 0xb4); // channel 2, rate generator: counts down by one
    out8(pit_channel_2, 0xff);
    out8(pit_channel_2, 0xff);
    const u64 first = read_pit();
    for (int i = 0; i < 1000; i++)
        if (read_pit() != first) {
            chosen = {read_pit, 0xffff, pit_frequency};
            return true;
        }
    return false;
}
} // namespace

const reference_clock* find_startup_reference()
{
    if (try_apic_timer())
        return &chosen;
    if (const auto* lasting = find_lasting_reference())
        return lasting;
    return try_pit() ? &chosen : nullptr;
}

const reference_clock* find_lasting_reference()
{
    const auto& machine = firmware::this_machine();
    return try_hpet(machine.hpet) || try_pm_timer(machine) ? &chosen : nullptr;
}
} // namespace arch
