// From the disk to the kernel: its ELF segments, the configuration, the boot module, and the start info for
// PVH entry.
//
// In memory: the kernel where its program headers say, behind it the configuration text, behind that
// page-aligned the boot module. The start info and the memory map stay below 64 KiB; the kernel reads them
// before it takes over RAM. Sources: docs/image.md (the disk), ELF-64, Xen's hvm_start_info.
#include "arch/x64/boot_sector/bios.hh"

extern "C" {
[[noreturn]] void enter_kernel(u32 entry, const void* start_info);
[[noreturn]] void load_and_start(u32 drive);
void* memset(void* to, int value, u32 length);
}

namespace
{
constexpr u32 header_sector = 63;
constexpr u32 page_size = 4096;

struct [[gnu::packed]] disk_header {
    char magic[8];
    u32 version;
    u32 configuration_sector, configuration_sectors;
    u32 kernel_sector, root_sector, module_sector;
    u64 kernel_size, root_size, module_size;
};

struct configuration_header {
    char magic[8];
    u32 length;
};

struct elf_header {
    u8 ident[16];
    u16 type, machine;
    u32 version;
    u64 entry, program_headers, section_headers;
    u32 flags;
    u16 header_size, program_header_size, program_header_count;
};

struct program_header {
    u32 type, flags;
    u64 offset, virtual_address, physical_address, file_size, memory_size, alignment;
};
constexpr u32 type_load = 1, type_note = 4;
constexpr u32 most_program_headers = 16;

struct note_header {
    u32 name_size, value_size, type;
};
constexpr u32 note_pvh_entry = 18; // XEN_ELFNOTE_PHYS32_ENTRY

struct start_info {
    u32 magic, version, flags, module_count;
    u64 modules, command_line, acpi_root, memory_map;
    u32 memory_map_entries, reserved;
};

struct start_module {
    u64 address, size, command_line, reserved;
};

disk_header header;
memory_range ranges[most_ranges];
u32 range_count;
program_header segments[most_program_headers];
start_info info;
start_module module;

template <u32 N>
bool equal(const char* a, const char (&b)[N])
{
    for (u32 i = 0; i < N - 1; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

u32 round_to_page(u32 value)
{
    return (value + page_size - 1) & ~(page_size - 1);
}

/// Gives up unless [start, start + length) is RAM.
void require_ram(u64 start, u64 length)
{
    u64 most = 0;
    for (u32 i = 0; i < range_count; i++) {
        const memory_range& r = ranges[i];
        if (r.type != type_ram)
            continue;
        if (start >= r.address && length <= r.size && start - r.address <= r.size - length)
            return;
        most = r.address + r.size > most ? r.address + r.size : most;
    }
    print("kiln: this machine has ");
    print_number(static_cast<u32>((most + 0xfffff) >> 20));
    print(" MiB of memory; to load this image it needs more than ");
    print_number(static_cast<u32>((start + length) >> 20));
    print(" MiB\n");
    stop();
}

void read_header()
{
    read_disk(u64{header_sector} * sector_size, &header, sizeof header);
    if (!equal(header.magic, "KILNDISK") || header.version != 1)
        give_up("the disk is no image of this boot loader");
    if (header.kernel_size == 0)
        give_up("the image holds no kernel");
}

/// The 32-bit entry that the note in this segment names, or 0.
u32 find_entry(const program_header& notes)
{
    static u8 bytes[512];
    if (notes.file_size > sizeof bytes)
        return 0;
    const u32 size = static_cast<u32>(notes.file_size);
    read_disk(u64{header.kernel_sector} * sector_size + notes.offset, bytes, size);
    for (u32 at = 0; at + sizeof(note_header) <= size;) {
        const auto& note = *reinterpret_cast<const note_header*>(bytes + at);
        const u32 value_at = at + sizeof note + ((note.name_size + 3) & ~3u);
        if (note.type == note_pvh_entry && value_at + 4 <= size)
            return *reinterpret_cast<const u32*>(bytes + value_at);
        at = value_at + ((note.value_size + 3) & ~3u);
    }
    return 0;
}

/// Loads a segment; returns the address behind it.
u32 load_segment(const program_header& s)
{
    require_ram(s.physical_address, s.memory_size);
    if (s.physical_address < 0x100000 || s.file_size > s.memory_size)
        give_up("the kernel's segments are not where they should be");
    const u32 start = static_cast<u32>(s.physical_address);
    const u32 file_size = static_cast<u32>(s.file_size);
    const u32 memory_size = static_cast<u32>(s.memory_size);
    read_disk(u64{header.kernel_sector} * sector_size + s.offset, reinterpret_cast<void*>(start), file_size);
    memset(reinterpret_cast<void*>(start + file_size), 0, memory_size - file_size);
    return start + memory_size;
}

struct loaded_kernel {
    u32 entry = 0;
    u32 end = 0;
};

loaded_kernel load_kernel()
{
    elf_header elf;
    const u64 file = u64{header.kernel_sector} * sector_size;
    read_disk(file, &elf, sizeof elf);
    if (!equal(reinterpret_cast<const char*>(elf.ident), "\x7f"
                                                         "ELF") ||
        elf.program_header_size != sizeof(program_header) || elf.program_header_count > most_program_headers)
        give_up("the image's kernel is no kernel");
    read_disk(file + elf.program_headers, segments, elf.program_header_count * sizeof(program_header));
    loaded_kernel kernel;
    for (u32 i = 0; i < elf.program_header_count; i++) {
        if (segments[i].type == type_note && kernel.entry == 0)
            kernel.entry = find_entry(segments[i]);
        if (segments[i].type != type_load)
            continue;
        const u32 end = load_segment(segments[i]);
        kernel.end = end > kernel.end ? end : kernel.end;
    }
    if (kernel.entry == 0)
        give_up("the image's kernel has no PVH entry");
    return kernel;
}

/// Loads the configuration text to `to`; returns the address behind it.
u32 load_configuration(u32 to)
{
    configuration_header configuration;
    const u64 area = u64{header.configuration_sector} * sector_size;
    read_disk(area, &configuration, sizeof configuration);
    if (!equal(configuration.magic, "KILNCONF") ||
        configuration.length > header.configuration_sectors * sector_size - sizeof configuration)
        give_up("the image's configuration is damaged");
    require_ram(to, configuration.length + 1);
    read_disk(area + sizeof configuration, reinterpret_cast<void*>(to), configuration.length);
    *reinterpret_cast<char*>(to + configuration.length) = 0;
    info.command_line = to;
    return to + configuration.length + 1;
}

void load_module(u32 to)
{
    require_ram(to, header.module_size);
    read_disk(u64{header.module_sector} * sector_size, reinterpret_cast<void*>(to),
              static_cast<u32>(header.module_size));
    module = {to, header.module_size, 0, 0};
    info.module_count = 1;
    info.modules = reinterpret_cast<u32>(&module);
}
} // namespace

void load_and_start(u32 drive)
{
    set_boot_drive(static_cast<u8>(drive));
    reach_all_memory();
    range_count = read_memory_map(ranges);
    read_header();
    const loaded_kernel kernel = load_kernel();
    const u32 behind = load_configuration(round_to_page(kernel.end));
    if (header.module_sector != 0)
        load_module(round_to_page(behind));
    info.magic = 0x336e'c578;
    info.version = 1;
    info.acpi_root = find_acpi_root();
    info.memory_map = reinterpret_cast<u32>(ranges);
    info.memory_map_entries = range_count;
    enter_kernel(kernel.entry, &info);
}
