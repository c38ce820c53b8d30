// The Multiple APIC Description Table: CPUs, IOAPICs, and which ISA interrupt arrives where (ACPI 6.4
// §5.2.12).
#include "drivers/acpi/tables.hh"

namespace acpi
{
namespace
{
enum entry_type : u8 { local_apic = 0, io_apic = 1, source_override = 2, apic_address = 5, local_x2apic = 9 };

constexpr size_t first_entry = 44;

/// The processor's entry once more (old firmware lists ids below 255 in both forms) is no second processor.
bool is_listed(const firmware::machine& machine, u32 apic_id)
{
    for (const firmware::cpu& c : machine.cpus)
        if (c.apic_id == apic_id)
            return true;
    return false;
}

result<void> add_cpu(firmware::machine& machine, u32 apic_id, u32 flags, u32 broadcast)
{
    const bool enabled = flags & 1;
    if (apic_id == broadcast || is_listed(machine, apic_id))
        return {};
    return machine.cpus.push_back({.apic_id = apic_id, .enabled = enabled, .bootstrap = false});
}

result<void> add_override(firmware::machine& machine, byte_view entry)
{
    const u16 flags = load<u16>(entry, 8);
    return machine.overrides.push_back({
        .isa_irq = load<u8>(entry, 3),
        .global_interrupt = load<u32>(entry, 4),
        .polarity = (flags & 3) == 3 ? firmware::polarity::low : firmware::polarity::high,
        .trigger = (flags >> 2 & 3) == 3 ? firmware::trigger::level : firmware::trigger::edge,
    });
}

result<void> parse_entry(byte_view entry, firmware::machine& machine)
{
    switch (load<u8>(entry, 0)) {
    case local_apic:
        return entry.size() < 8 ? result<void>{}
                                : add_cpu(machine, load<u8>(entry, 3), load<u32>(entry, 4), 0xff);
    case local_x2apic:
        return entry.size() < 16 ? result<void>{}
                                 : add_cpu(machine, load<u32>(entry, 4), load<u32>(entry, 8), 0xffff'ffff);
    case io_apic:
        if (entry.size() < 12)
            return {};
        return machine.io_apics.push_back({.id = load<u8>(entry, 2),
                                           .address = phys_addr{load<u32>(entry, 4)},
                                           .first_interrupt = load<u32>(entry, 8)});
    case source_override:
        return entry.size() < 10 ? result<void>{} : add_override(machine, entry);
    case apic_address:
        if (entry.size() >= 12)
            machine.local_apic = phys_addr{load<u64>(entry, 4)};
        return {};
    default:
        return {};
    }
}
} // namespace

result<void> parse_madt(byte_view table, firmware::machine& machine)
{
    if (const u32 address = load<u32>(table, 36); address != 0)
        machine.local_apic = phys_addr{address};
    machine.has_pic = load<u32>(table, 40) & 1;
    for (size_t offset = first_entry; offset < table.size();) {
        const size_t length = load<u8>(table, offset + 1);
        if (length < 2 || length > table.size() - offset)
            break; // no way to find the next one
        TRY(parse_entry(table.subspan(offset, length), machine));
        offset += length;
    }
    return {};
}
} // namespace acpi
