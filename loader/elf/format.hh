// The parts of an ELF64 file that starting a program needs, byte for byte.
// Source: System V ABI, chapters 4 and 5; its AMD64 supplement.
#pragma once

#include "core/base/types.hh"

namespace elf
{
inline constexpr u8 magic[4] = {0x7f, 'E', 'L', 'F'};
inline constexpr u8 class_64 = 2;
inline constexpr u8 little_endian = 1;
inline constexpr u8 current_version = 1;

enum : u16 { type_relocatable = 1, type_executable = 2, type_shared = 3, type_core = 4 };
inline constexpr u16 machine_x86_64 = 62;

struct file_header {
    u8 magic[4];
    u8 file_class;
    u8 byte_order;
    u8 ident_version;
    u8 os_abi;
    u8 abi_version;
    u8 padding[7];
    u16 type;
    u16 machine;
    u32 version;
    u64 entry;
    u64 program_headers; // file offset
    u64 section_headers;
    u32 flags;
    u16 header_size;
    u16 program_header_size;
    u16 program_header_count;
    u16 section_header_size;
    u16 section_header_count;
    u16 section_names;
};
static_assert(sizeof(file_header) == 64);

enum : u32 {
    segment_load = 1,
    segment_dynamic = 2,
    segment_interpreter = 3,
    segment_program_headers = 6,
    segment_gnu_stack = 0x6474e551,
};
enum : u32 { flag_execute = 1, flag_write = 2, flag_read = 4 };

struct program_header {
    u32 type;
    u32 flags;
    u64 offset;
    u64 address;
    u64 physical_address;
    u64 file_size;
    u64 memory_size;
    u64 alignment;
};
static_assert(sizeof(program_header) == 56);
} // namespace elf
