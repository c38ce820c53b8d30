// What dynamic linking reads in an ELF64 file, byte for byte.
// Source: System V ABI, chapter 5, and its AMD64 supplement 4.4; Drepper, "How To Write Shared Libraries"
// (GNU hash, versions); the RELR proposal of generic-abi.
#pragma once

#include "core/base/types.hh"

namespace elf
{
enum : u32 { segment_tls = 7, segment_gnu_relro = 0x6474e552 };

struct dynamic_entry {
    u64 tag;
    u64 value;
};
static_assert(sizeof(dynamic_entry) == 16);

enum dynamic_tag : u64 {
    tag_null = 0,
    tag_needed = 1,
    tag_plt_rela_size = 2,
    tag_plt_got = 3,
    tag_hash = 4,
    tag_strings = 5,
    tag_symbols = 6,
    tag_rela = 7,
    tag_rela_size = 8,
    tag_rela_entry_size = 9,
    tag_strings_size = 10,
    tag_symbol_size = 11,
    tag_init = 12,
    tag_fini = 13,
    tag_soname = 14,
    tag_rpath = 15,
    tag_rel = 17,
    tag_plt_rel_kind = 20,
    tag_plt_rela = 23,
    tag_bind_now = 24,
    tag_init_array = 25,
    tag_fini_array = 26,
    tag_init_array_size = 27,
    tag_fini_array_size = 28,
    tag_runpath = 29,
    tag_flags = 30,
    tag_relr_size = 35,
    tag_relr = 36,
    tag_gnu_hash = 0x6ffffef5,
    tag_symbol_versions = 0x6ffffff0,
    tag_flags_1 = 0x6ffffffb,
    tag_version_definitions = 0x6ffffffc,
    tag_version_definition_count = 0x6ffffffd,
    tag_version_needs = 0x6ffffffe,
    tag_version_need_count = 0x6fffffff,
};
inline constexpr u64 flag_bind_now = 8, flag_1_now = 1;

struct symbol {
    u32 name;
    u8 info; // binding << 4 | type
    u8 other;
    u16 section;
    u64 value;
    u64 size;

    u8 binding() const { return info >> 4; }
    u8 type() const { return info & 15; }
};
static_assert(sizeof(symbol) == 24);

enum : u8 { binding_local = 0, binding_global = 1, binding_weak = 2, binding_unique = 10 };
enum : u8 { symbol_tls = 6, symbol_indirect = 10 };
inline constexpr u16 section_undefined = 0, section_absolute = 0xfff1;

struct rela {
    u64 offset;
    u64 info;
    s64 addend;

    u32 type() const { return static_cast<u32>(info); }
    u32 symbol_index() const { return static_cast<u32>(info >> 32); }
};
static_assert(sizeof(rela) == 24);

enum : u32 {
    rela_none = 0,
    rela_64 = 1,
    rela_copy = 5,
    rela_got = 6, // GLOB_DAT
    rela_jump_slot = 7,
    rela_relative = 8,
    rela_tls_module = 16, // DTPMOD64
    rela_tls_offset = 17, // DTPOFF64
    rela_tls_static = 18, // TPOFF64
    rela_size_64 = 33,
    rela_tls_descriptor = 36,
    rela_indirect = 37, // IRELATIVE
};

// Versions. A reference's version hangs below the library's name (need), a definition's has names of its own.
struct version_definition {
    u16 version;
    u16 flags;
    u16 index;
    u16 name_count;
    u32 hash;
    u32 names;
    u32 next;
};
static_assert(sizeof(version_definition) == 20);
struct version_definition_name {
    u32 name;
    u32 next;
};
struct version_need {
    u16 version;
    u16 count;
    u32 file;
    u32 first;
    u32 next;
};
static_assert(sizeof(version_need) == 16);
struct version_need_name {
    u32 hash;
    u16 flags;
    u16 index;
    u32 name;
    u32 next;
};
static_assert(sizeof(version_need_name) == 16);
inline constexpr u16 version_hidden = 0x8000, version_base = 1;
} // namespace elf
