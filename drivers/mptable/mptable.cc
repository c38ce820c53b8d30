// Finding and reading the MultiProcessor configuration table; see mptable.hh.
//
//     "_MP_" floating pointer --> "PCMP" header (44 bytes) | entries: type byte, then 20 bytes (CPU) or 8
//
// IOAPICs have no interrupt base here. They are numbered in the table's order, 24 pins each, as everybody
// does.
#include "drivers/mptable/mptable.hh"

#include "core/log.hh"

namespace mptable
{
namespace
{
constexpr u32 pointer_signature = 0x5f50'4d5f; // "_MP_"
constexpr u32 table_signature = 0x504d'4350;   // "PCMP"
constexpr size_t pointer_size = 16;
constexpr size_t header_size = 44;
constexpr u32 pins_per_io_apic = 24;

enum entry_type : u8 { processor = 0, bus = 1, io_apic = 2, io_interrupt = 3, local_interrupt = 4 };

constexpr size_t entry_size(u8 type)
{
    return type == processor ? 20 : 8;
}

/// The table's address as the floating pointer in `area` gives it; 0 if there is none.
phys_addr search(phys_addr from, size_t length, const firmware::physical_reader& memory)
{
    const byte_view area = memory.read(from, length);
    for (size_t offset = 0; offset + pointer_size <= area.size(); offset += 16)
        if (load<u32>(area, offset) == pointer_signature && byte_sum(area.subspan(offset, pointer_size)) == 0)
            return phys_addr{load<u32>(area, offset + 4)};
    return {};
}

phys_addr find(const firmware::physical_reader& memory)
{
    // The 64 KiB of ROM last: reading all of it costs more than the rest of start-up.
    if (const phys_addr found = search(phys_addr{639 * 1_KiB}, 1_KiB, memory); found.value != 0)
        return found;
    if (const u16 ebda = load<u16>(memory.read(phys_addr{0x40e}, 2), 0); ebda != 0)
        if (const phys_addr found = search(phys_addr{u64{ebda} << 4}, 1_KiB, memory); found.value != 0)
            return found;
    return search(phys_addr{0xf0000}, 64_KiB, memory);
}

/// What the interrupt entries refer to.
struct numbering {
    int isa_bus = -1;
};

result<void> add_interrupt(byte_view entry, const numbering& numbers, firmware::machine& machine)
{
    const u8 irq = load<u8>(entry, 5);
    if (load<u8>(entry, 1) != 0 || load<u8>(entry, 4) != numbers.isa_bus || irq > 15)
        return {}; // only vectored interrupts of the ISA bus; PCI devices use MSI
    u32 first = 0;
    for (const firmware::io_apic& io : machine.io_apics)
        if (io.id == load<u8>(entry, 6))
            first = io.first_interrupt;
    const u16 flags = load<u16>(entry, 2);
    return machine.overrides.push_back({
        .isa_irq = irq,
        .global_interrupt = first + load<u8>(entry, 7),
        .polarity = (flags & 3) == 3 ? firmware::polarity::low : firmware::polarity::high,
        .trigger = (flags >> 2 & 3) == 3 ? firmware::trigger::level : firmware::trigger::edge,
    });
}

result<void> parse_entry(byte_view entry, numbering& numbers, firmware::machine& machine)
{
    switch (load<u8>(entry, 0)) {
    case processor: {
        const u8 flags = load<u8>(entry, 3);
        return machine.cpus.push_back(
            {.apic_id = load<u8>(entry, 1), .enabled = (flags & 1) != 0, .bootstrap = (flags & 2) != 0});
    }
    case bus:
        if (load<u8>(entry, 2) == 'I' && load<u8>(entry, 3) == 'S' && load<u8>(entry, 4) == 'A')
            numbers.isa_bus = load<u8>(entry, 1);
        return {};
    case io_apic:
        if (!(load<u8>(entry, 3) & 1))
            return {};
        return machine.io_apics.push_back(
            {.id = load<u8>(entry, 1),
             .address = phys_addr{load<u32>(entry, 4)},
             .first_interrupt = static_cast<u32>(machine.io_apics.size()) * pins_per_io_apic});
    case io_interrupt:
        return add_interrupt(entry, numbers, machine);
    default:
        return {};
    }
}
} // namespace

result<void> parse(byte_view table, firmware::machine& machine)
{
    if (const u32 address = load<u32>(table, 36); address != 0)
        machine.local_apic = phys_addr{address};
    numbering numbers;
    size_t offset = header_size;
    // By length, not by the header's entry count: qboot leaves that 0.
    while (offset < table.size()) {
        const u8 type = load<u8>(table, offset);
        if (type > local_interrupt || entry_size(type) > table.size() - offset)
            break; // no way to find the next one
        TRY(parse_entry(table.subspan(offset, entry_size(type)), numbers, machine));
        offset += entry_size(type);
    }
    return {};
}

result<void> read_table(const firmware::physical_reader& memory, firmware::machine& machine)
{
    const phys_addr address = find(memory);
    if (address.value == 0)
        return {};
    const byte_view header = memory.read(address, header_size);
    const size_t length = load<u16>(header, 4);
    if (load<u32>(header, 0) != table_signature || length < header_size) {
        klog::line("no MP configuration table at {}", address);
        return {};
    }
    const byte_view table = memory.read(address, length);
    if (table.empty() || byte_sum(table) != 0) {
        klog::line("MP configuration table at {} is damaged: ignored", address);
        return {};
    }
    return parse(table, machine);
}
} // namespace mptable
