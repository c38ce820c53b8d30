// One program or library as the linker sees it: the tables behind PT_DYNAMIC, found and checked.
//
//     PT_DYNAMIC  ->  strings, symbols, hash tables, versions, relocations, constructors, needed libraries
//
// After parse() every span lies inside the contents, every needed name and the look-up tables' heads are in
// order. Symbols, names and versions are checked when they are looked at. Addresses are the file's own;
// `bias` is added for memory. Pure: the kernel, the unit tests and the fuzzer run the same code.
#pragma once

#include <span>
#include <string_view>

#include "loader/dynamic/contents.hh"
#include "loader/dynamic/defect.hh"
#include "loader/dynamic/format.hh"
#include "loader/elf/format.hh"

namespace linker
{
/// A version as a reference asks for it, or nothing.
struct version {
    std::string_view name;
    u32 hash = 0;
};

struct tls_block {
    u64 image = 0; // address in the file's terms
    u64 file_size = 0, memory_size = 0, alignment = 1;
    u64 module = 0;              // 0: none; else as __tls_get_addr counts
    u64 offset = 0;              // below the thread pointer
    bool in_every_thread = true; // so that an offset from the thread pointer finds it
};

class object
{
  public:
    /// Finds the tables. `bytes` must live as long as the object.
    defect parse(std::span<const elf::program_header> headers, const contents& bytes);

    u64 bias = 0;
    std::string_view file_name; // the caller's, for messages
    tls_block tls;

    std::string_view soname() const { return _soname; }
    std::string_view runpath() const { return _runpath; }
    std::string_view rpath() const { return _rpath; }
    bool binds_now() const { return _bind_now; }
    u64 init() const { return _init; }
    u64 fini() const { return _fini; }
    u64 init_array() const { return _init_array; }
    u64 init_count() const { return _init_count; }
    u64 fini_array() const { return _fini_array; }
    u64 fini_count() const { return _fini_count; }
    u64 dynamic_section() const { return _dynamic_address; }
    std::span<const elf::program_header> headers() const { return _headers; }
    std::span<const elf::rela> relocations() const { return _rela; }
    std::span<const elf::rela> plt_relocations() const { return _plt_rela; }
    std::span<const u64> relative_relocations() const { return _relr; }

    /// Calls `take(name)` for each DT_NEEDED, in order.
    template <class Take>
    void for_each_needed(Take take) const
    {
        for (const auto& entry : _dynamic)
            if (entry.tag == elf::tag_needed)
                take(*string(entry.value));
    }

    std::optional<elf::symbol> symbol(u32 index) const;
    std::optional<std::string_view> string(u64 offset) const;

    /// What version the symbol with this index asks for in a reference of this object.
    std::optional<version> version_of_reference(u32 index) const;

    /// The defined symbol of that name that fits the version (null: none was asked for), or nothing. The
    /// hashes are those of the name: gnu_hash() and sysv_hash().
    struct wanted {
        std::string_view name;
        u32 gnu_hash;
        const version* with;
    };
    std::optional<elf::symbol> find(const wanted& what) const;

    /// Whether memory at `address` may be written by a relocation: it lies in a segment of this object.
    bool holds(u64 address, u64 size) const;

  private:
    defect read_dynamic();
    defect read_tables();
    defect read_relocations();
    defect read_hash_tables();
    std::optional<elf::symbol> find_gnu(const wanted& what) const;
    std::optional<elf::symbol> find_sysv(const wanted& what) const;
    bool fits(u32 index, const elf::symbol& s, const wanted& what) const;
    bool fits_version(u32 index, const version* with) const;
    std::optional<version> defined_version(u16 number) const;

    contents _bytes;
    std::span<const elf::program_header> _headers;
    u64 _dynamic_address = 0;
    std::span<const elf::dynamic_entry> _dynamic;
    std::span<const char> _strings;
    u64 _symbols = 0, _versions = 0, _definitions = 0, _needs = 0, _hash = 0, _gnu_hash = 0;
    u64 _definition_count = 0, _need_count = 0;
    u64 _strings_address = 0, _strings_size = 0;
    u64 _rela_address = 0, _rela_size = 0, _plt_address = 0, _plt_size = 0, _relr_address = 0, _relr_size = 0;
    u64 _soname_offset = 0, _runpath_offset = 0, _rpath_offset = 0;
    std::string_view _soname, _runpath, _rpath;
    bool _bind_now = false, _has_rel = false;
    u64 _init = 0, _fini = 0, _init_array = 0, _init_count = 0, _fini_array = 0, _fini_count = 0;
    std::span<const elf::rela> _rela, _plt_rela;
    std::span<const u64> _relr;

    struct {
        u32 bucket_count = 0, first_symbol = 0, bloom_count = 0, bloom_shift = 0;
        std::span<const u64> bloom;
        std::span<const u32> buckets;
        u64 chains = 0; // address
    } _gnu;
    struct {
        std::span<const u32> buckets, chains;
    } _sysv;
};

u32 gnu_hash(std::string_view name);
u32 sysv_hash(std::string_view name);
} // namespace linker
