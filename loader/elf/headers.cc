#include "loader/elf/headers.hh"

#include <algorithm>
#include <bit>
#include <cstring>

namespace elf
{
namespace
{
/// Whether [offset, offset + size) lies in [0, limit), without overflow.
constexpr bool inside(u64 offset, u64 size, u64 limit)
{
    return offset <= limit && size <= limit - offset;
}

defect check_loaded(const program_header& p, u64 file_size)
{
    if (!inside(p.offset, p.file_size, file_size))
        return defect::segment_outside_file;
    if (p.memory_size < p.file_size)
        return defect::segment_smaller_than_its_file_part;
    if (p.address + p.memory_size < p.address)
        return defect::segment_wraps_around;
    if (!inside(p.address, p.memory_size, lower_half_end))
        return defect::segment_outside_lower_half;
    if (p.alignment > 1 && (!std::has_single_bit(p.alignment) || p.alignment > max_alignment))
        return defect::segment_alignment;
    // Mapping works in pages: address and offset must agree within one.
    if (((p.address ^ p.offset) & page_mask) != 0 && p.file_size != 0)
        return defect::segment_alignment;
    return defect::none;
}

/// The ABI wants ascending addresses; mapping relies on it.
defect check_order(const program_header& previous, const program_header& next)
{
    if (next.address >= previous.address + previous.memory_size)
        return defect::none;
    if (next.address + next.memory_size > previous.address)
        return defect::segments_overlap;
    return defect::segments_out_of_order;
}

void account(const program_header& p, layout* out)
{
    const u64 end = p.address + p.memory_size;
    out->lowest = std::min(out->lowest, align_down(p.address, page_size));
    out->highest = std::max(out->highest, align_up(end, page_size));
    out->alignment = std::max(out->alignment, p.alignment);
    if (p.flags & flag_execute) {
        out->code_start = std::min(out->code_start, p.address);
        out->code_end = std::max(out->code_end, p.address + p.file_size);
    }
    if (p.address >= out->data_start) {
        out->data_start = p.address;
        out->data_end = p.address + p.file_size;
    }
    out->break_start = std::max(out->break_start, end);
}

/// The table's address in memory: PT_PHDR says it, else it lies in the segment that covers its file offset.
u64 find_program_headers(const file_header& header, std::span<const program_header> segments)
{
    for (const auto& p : segments)
        if (p.type == segment_program_headers)
            return p.address;
    for (const auto& p : segments)
        if (is_loaded(p) && header.program_headers >= p.offset &&
            inside(header.program_headers - p.offset, segments.size_bytes(), p.file_size))
            return p.address + (header.program_headers - p.offset);
    return 0;
}
} // namespace

defect check(const file_header& header, u64 file_size)
{
    if (file_size == 0)
        return defect::empty;
    if (file_size < sizeof(magic) || std::memcmp(header.magic, magic, sizeof(magic)) != 0)
        return defect::no_magic;
    if (file_size < sizeof(file_header))
        return defect::truncated_header;
    if (header.file_class != class_64)
        return defect::wrong_class;
    if (header.byte_order != little_endian)
        return defect::wrong_byte_order;
    if (header.ident_version != current_version || header.version != current_version)
        return defect::wrong_version;
    if (header.machine != machine_x86_64)
        return defect::wrong_architecture;
    if (header.type == type_relocatable)
        return defect::relocatable;
    if (header.type == type_core)
        return defect::core_dump;
    if (header.type != type_executable && header.type != type_shared)
        return defect::wrong_type;
    if (header.header_size < sizeof(file_header) || header.program_header_size != sizeof(program_header))
        return header.program_header_count == 0 ? defect::no_program_headers : defect::wrong_header_size;
    if (header.program_header_count == 0)
        return defect::no_program_headers;
    if (header.program_header_count > max_program_headers)
        return defect::too_many_program_headers;
    if (!inside(header.program_headers, u64{header.program_header_count} * sizeof(program_header), file_size))
        return defect::program_headers_outside_file;
    return defect::none;
}

defect check(const file_header& header, std::span<const program_header> segments, u64 file_size, layout* out)
{
    *out = {};
    out->position_independent = header.type == type_shared;
    out->entry = header.entry;
    out->lowest = lower_half_end;

    const program_header* previous = nullptr;
    bool entry_is_code = false;
    for (const auto& p : segments) {
        if (p.type == segment_gnu_stack)
            out->executable_stack = p.flags & flag_execute;
        if (p.type == segment_interpreter) {
            if (out->interpreter_size)
                return defect::several_interpreters;
            if (p.file_size < 2 || p.file_size > max_interpreter_name)
                return defect::interpreter_name;
            if (!inside(p.offset, p.file_size, file_size))
                return defect::segment_outside_file;
            out->interpreter_offset = p.offset;
            out->interpreter_size = p.file_size;
        }
        if (!is_loaded(p))
            continue;
        if (const auto d = check_loaded(p, file_size); d != defect::none)
            return d;
        if (previous)
            if (const auto d = check_order(*previous, p); d != defect::none)
                return d;
        previous = &p;
        account(p, out);
        entry_is_code |= header.entry >= p.address && header.entry - p.address < p.memory_size;
    }
    if (!previous)
        return defect::nothing_to_load;
    if (!entry_is_code)
        return defect::entry_outside_segments;
    out->program_header_address = find_program_headers(header, segments);
    return defect::none;
}

errc error_of(defect d)
{
    switch (d) {
    case defect::none:
        return errc{0};
    case defect::segment_outside_lower_half:
    case defect::segment_wraps_around:
        return errc::enomem; // as Linux says when it cannot map there
    default:
        return errc::enoexec;
    }
}

std::string_view describe(defect d)
{
    switch (d) {
    case defect::none:
        return "is in order";
    case defect::empty:
        return "is empty";
    case defect::truncated_header:
        return "is cut off within its ELF header";
    case defect::no_magic:
        return "is neither an ELF program nor a script that begins with #!";
    case defect::wrong_class:
        return "is not a 64-bit program";
    case defect::wrong_byte_order:
        return "is for a big-endian machine";
    case defect::wrong_version:
        return "has an unknown ELF version";
    case defect::wrong_architecture:
        return "is for another architecture than x86-64";
    case defect::relocatable:
        return "is an object file, not a linked program";
    case defect::core_dump:
        return "is a core dump, not a program";
    case defect::wrong_type:
        return "has an unknown ELF type";
    case defect::wrong_header_size:
        return "has ELF headers of an impossible size";
    case defect::no_program_headers:
        return "has no program headers";
    case defect::too_many_program_headers:
        return "has too many program headers";
    case defect::program_headers_outside_file:
        return "is cut off: its program headers lie beyond its end";
    case defect::segment_outside_file:
        return "is cut off: a segment lies beyond its end";
    case defect::segment_smaller_than_its_file_part:
        return "has a segment that is smaller in memory than in the file";
    case defect::segment_wraps_around:
        return "has a segment that wraps around the end of memory";
    case defect::segment_outside_lower_half:
        return "has a segment beyond the end of the address space";
    case defect::segment_alignment:
        return "has a segment with an impossible alignment";
    case defect::segments_overlap:
        return "has segments that overlap";
    case defect::segments_out_of_order:
        return "has segments that are not in order of their addresses";
    case defect::nothing_to_load:
        return "has no segment to load";
    case defect::entry_outside_segments:
        return "has an entry point outside its segments";
    case defect::interpreter_name:
        return "names its interpreter in an impossible way";
    case defect::several_interpreters:
        return "names several interpreters";
    }
    return "is damaged";
}
} // namespace elf
