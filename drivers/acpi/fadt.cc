// The Fixed ACPI Description Table and the two small ones: timer, switches, HPET, PCI configuration (ACPI 6.4
// §5.2.9).
//
// Addresses come twice, as 32-bit ports and as 64-bit "generic addresses"; the generic one wins where it is
// not 0.
#include "drivers/acpi/tables.hh"

namespace acpi
{
namespace
{
// Bits of the FADT's flags and of its PC boot architecture flags.
constexpr u32 power_button_is_a_method = 1u << 4;
constexpr u32 timer_has_32_bits = 1u << 8;
constexpr u32 reset_supported = 1u << 10;
constexpr u32 hardware_reduced = 1u << 20;
constexpr u16 has_keyboard_controller = 1u << 1;
constexpr u16 no_cmos_clock = 1u << 5;

firmware::machine_register generic_address(byte_view table, size_t offset)
{
    const u64 address = load<u64>(table, offset + 4);
    if (address == 0)
        return {};
    switch (load<u8>(table, offset)) {
    case 0:
        return {firmware::machine_register::space::memory, address};
    case 1:
        return {address <= 0xffff ? firmware::machine_register::space::port
                                  : firmware::machine_register::space::none,
                address};
    default:
        return {};
    }
}

/// A port that stands as 32 bits at `old_offset` and as generic address at `offset`.
u16 port(byte_view table, size_t old_offset, size_t offset)
{
    const auto generic = generic_address(table, offset);
    if (generic.where == firmware::machine_register::space::port)
        return static_cast<u16>(generic.address);
    const u32 old = load<u32>(table, old_offset);
    return old <= 0xffff ? static_cast<u16>(old) : u16{0};
}
} // namespace

phys_addr parse_fadt(byte_view table, firmware::machine& machine)
{
    const u32 flags = load<u32>(table, 112);
    const u16 boot_flags = load<u16>(table, 109);
    const bool later_than_1 = load<u8>(table, 8) >= 3; // 1.0's table ends before the boot flags

    machine.hardware_reduced = flags & hardware_reduced;
    machine.no_keyboard_controller = later_than_1 && !(boot_flags & has_keyboard_controller);
    machine.no_cmos_clock = later_than_1 && (boot_flags & no_cmos_clock);
    if (!machine.hardware_reduced) {
        machine.pm_timer_port = port(table, 76, 208);
        machine.pm_timer_32_bits = flags & timer_has_32_bits;
        machine.century_register = load<u8>(table, 108);
        machine.smi_command_port = static_cast<u16>(load<u32>(table, 48));
        machine.acpi_enable_value = load<u8>(table, 52);
        machine.events = {.port = port(table, 56, 148),
                          .length = load<u8>(table, 88),
                          .interrupt = load<u16>(table, 46),
                          .has_power_button = !(flags & power_button_is_a_method)};
        machine.power_off.control_a = port(table, 64, 172);
        machine.power_off.control_b = port(table, 68, 184);
    } else {
        machine.power_off.sleep_control = generic_address(table, 244);
    }
    if (flags & reset_supported) {
        machine.reset = generic_address(table, 116);
        machine.reset_value = load<u8>(table, 128);
    }
    const u64 wide_dsdt = load<u64>(table, 140);
    return phys_addr{wide_dsdt ? wide_dsdt : load<u32>(table, 40)};
}

void parse_hpet(byte_view table, firmware::machine& machine)
{
    const auto base = generic_address(table, 40);
    if (base.where == firmware::machine_register::space::memory)
        machine.hpet = phys_addr{base.address};
}

result<void> parse_mcfg(byte_view table, firmware::machine& machine)
{
    constexpr size_t first_entry = 44;
    constexpr size_t entry_size = 16;
    for (size_t offset = first_entry; offset + entry_size <= table.size(); offset += entry_size) {
        const firmware::ecam_segment segment{.base = phys_addr{load<u64>(table, offset)},
                                             .segment = load<u16>(table, offset + 8),
                                             .first_bus = load<u8>(table, offset + 10),
                                             .last_bus = load<u8>(table, offset + 11)};
        if (segment.base.value != 0 && segment.base.page_offset() == 0 &&
            segment.first_bus <= segment.last_bus)
            TRY(machine.ecam.push_back(segment));
    }
    return {};
}
} // namespace acpi
