// Whether an ELF file can be started here, decided from its headers alone: pure functions over bytes, for the
// kernel, the host tests and the fuzzer.
//
// Everything in the file is suspect. A file that passes has: sizes and offsets inside the file, segments
// inside the application's half that do not overlap, congruent offsets and addresses, and an interpreter name
// that fits. What is wrong is told apart by `defect`, so that the user gets one clear line; Linux's errno is
// ENOEXEC for most.
#pragma once

#include <span>
#include <string_view>

#include "core/base/error.hh"
#include "loader/elf/format.hh"

namespace elf
{
enum class defect : u8 {
    none,
    empty,
    truncated_header,
    no_magic,
    wrong_class,
    wrong_byte_order,
    wrong_version,
    wrong_architecture,
    relocatable,
    core_dump,
    wrong_type,
    wrong_header_size,
    no_program_headers,
    too_many_program_headers,
    program_headers_outside_file,
    segment_outside_file,
    segment_smaller_than_its_file_part,
    segment_wraps_around,
    segment_outside_lower_half,
    segment_alignment,
    segments_overlap,
    segments_out_of_order,
    nothing_to_load,
    entry_outside_segments,
    interpreter_name,
    several_interpreters,
};

/// What is wrong, as the end of a sentence about the file: "is for another architecture".
std::string_view describe(defect d);
errc error_of(defect d);

/// Linux's limit: the table fits in 64 KiB.
inline constexpr size_t max_program_headers = 65536 / sizeof(program_header);

/// Longest PT_INTERP name, with its zero (Linux: PATH_MAX).
inline constexpr size_t max_interpreter_name = 4096;

/// Largest alignment that is believed.
inline constexpr u64 max_alignment = 1_TiB;

/// Application addresses end here (mm::application_end; asserted equal in loader/map_elf.cc).
inline constexpr u64 lower_half_end = 0x7fff'ffff'f000;

/// Checks the file's header; `file_size` bounds the program header table.
defect check(const file_header& header, u64 file_size);

/// What a file asks for, in its own addresses (to which a bias is added if it is position-independent).
struct layout {
    bool position_independent = false;
    bool executable_stack = false; // only where PT_GNU_STACK asks for it, as Linux since 5.8
    u64 entry = 0;
    u64 lowest = 0;  // page-aligned
    u64 highest = 0; // page-aligned end
    u64 alignment = page_size;
    u64 program_header_address = 0; // where the table is in memory, or 0
    u64 interpreter_offset = 0;     // the name in the file
    u64 interpreter_size = 0;       // with its zero; 0: none
    u64 code_start = ~u64{0}, code_end = 0, data_start = 0, data_end = 0, break_start = 0;
};

/// Checks the program headers and computes the layout. `header` has passed check().
defect check(const file_header& header, std::span<const program_header> segments, u64 file_size, layout* out);

/// Whether this entry occupies memory.
constexpr bool is_loaded(const program_header& p)
{
    return p.type == segment_load && p.memory_size != 0;
}
} // namespace elf
