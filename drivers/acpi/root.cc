// From ACPI's root pointer to its tables (ACPI 6.4 §5.2.5 to §5.2.8).
//
// The root pointer comes from the loader; only a loader that does not look itself (a boot sector) makes us
// search the BIOS area. The extended table of 64-bit pointers goes first, the old one is for revision 0.
#include "core/log.hh"
#include "drivers/acpi/tables.hh"

namespace acpi
{
namespace
{
constexpr u64 root_signature = 0x2052'5450'2044'5352; // "RSD PTR "
constexpr size_t root_size_v1 = 20;
constexpr size_t root_size_v2 = 36;
constexpr size_t largest_table = 16_MiB;

bool is_root_pointer(byte_view candidate)
{
    return load<u64>(candidate, 0) == root_signature && byte_sum(candidate.first(root_size_v1)) == 0;
}

phys_addr search(phys_addr from, size_t length, const firmware::physical_reader& memory)
{
    const byte_view area = memory.read(from, length);
    for (size_t offset = 0; offset + root_size_v1 <= area.size(); offset += 16)
        if (is_root_pointer(area.subspan(offset, root_size_v1)))
            return from + offset;
    return {};
}

result<void> read_table_at(phys_addr address, const firmware::physical_reader& memory,
                           firmware::machine& machine)
{
    const u32 name = load<u32>(memory.read(address, 4), 0);
    if (name != signature("APIC") && name != signature("MCFG") && name != signature("HPET") &&
        name != signature("FACP"))
        return {}; // not worth the checksum
    const byte_view table = read_table(address, memory);
    if (table.empty())
        return {};
    if (name == signature("APIC"))
        return parse_madt(table, machine);
    if (name == signature("MCFG"))
        return parse_mcfg(table, machine);
    if (name == signature("HPET")) {
        parse_hpet(table, machine);
        return {};
    }
    const phys_addr dsdt = parse_fadt(table, machine);
    if (dsdt.value == 0)
        return {};
    if (const auto type = find_s5(read_table(dsdt, memory))) {
        machine.power_off.value_a = static_cast<u16>(type->a << 10);
        machine.power_off.value_b = static_cast<u16>(type->b << 10);
        machine.power_off.sleep_value = type->a;
        machine.power_off.known = true;
    }
    return {};
}
} // namespace

phys_addr find_root_pointer(const firmware::boot_hints& hints, const firmware::physical_reader& memory)
{
    if (hints.rsdp.value != 0 || hints.loader_searched)
        return hints.rsdp;
    const u16 ebda_segment = load<u16>(memory.read(phys_addr{0x40e}, 2), 0);
    if (ebda_segment != 0)
        if (const phys_addr found = search(phys_addr{u64{ebda_segment} << 4}, 1_KiB, memory);
            found.value != 0)
            return found;
    return search(phys_addr{0xe0000}, 128_KiB, memory);
}

byte_view read_table(phys_addr address, const firmware::physical_reader& memory)
{
    const byte_view header = memory.read(address, header_size);
    const u32 length = load<u32>(header, 4);
    if (length < header_size || length > largest_table) {
        klog::line("ACPI table at {} has length {}: ignored", address, length);
        return {};
    }
    const byte_view table = memory.read(address, length);
    if (table.empty() || byte_sum(table) != 0) {
        klog::line("ACPI table at {} is damaged: ignored", address);
        return {};
    }
    return table;
}

result<void> read_tables(phys_addr root_pointer, const firmware::physical_reader& memory,
                         firmware::machine& machine)
{
    const byte_view root = memory.read(root_pointer, root_size_v1);
    if (root.size() != root_size_v1 || !is_root_pointer(root)) {
        klog::line("no ACPI root pointer at {}", root_pointer);
        return {};
    }
    phys_addr list{load<u32>(root, 16)};
    size_t pointer_size = 4;
    if (load<u8>(root, 15) >= 2) {
        const byte_view extended = memory.read(root_pointer, root_size_v2);
        if (load<u64>(extended, 24) != 0 && byte_sum(extended) == 0) {
            list = phys_addr{load<u64>(extended, 24)};
            pointer_size = 8;
        }
    }
    const byte_view pointers = read_table(list, memory);
    if (pointers.empty())
        return {};
    machine.has_acpi = true;
    for (size_t offset = header_size; offset + pointer_size <= pointers.size(); offset += pointer_size) {
        const u64 address = pointer_size == 8 ? load<u64>(pointers, offset) : load<u32>(pointers, offset);
        TRY(read_table_at(phys_addr{address}, memory, machine));
    }
    return {};
}
} // namespace acpi
