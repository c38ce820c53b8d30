// Applying an object's relocations: RELR, RELA, and the PLT's, each as a word written to memory.
//
// The scope is the order in which objects are asked for a symbol: the program first, then its libraries
// breadth first. What a relocation needs beside the tables stands behind `memory`, so that a test relocates
// arrays.
#pragma once

#include <span>

#include "loader/dynamic/object.hh"

namespace linker
{
/// Where relocations go. Addresses are those of memory: file address + bias. False: it is not there.
class memory
{
  public:
    virtual bool read(u64 address, u64& value) = 0;
    virtual bool write(u64 address, u64 value) = 0;
    virtual bool copy(u64 to, u64 from, u64 bytes) = 0;
    /// A function of the program, at `resolver`, says what belongs there; it runs before the program.
    virtual bool add_indirect(u64 where, u64 resolver) = 0;

  protected:
    ~memory() = default;
};

struct definition {
    const object* where = nullptr; // null: nothing provides it
    elf::symbol symbol{};
};

/// The first object of the scope that defines the name in that version. `except` is passed over (copy
/// relocations).
definition find_in(std::span<const object* const> scope, std::string_view name, const version* with,
                   const object* except = nullptr);

struct failure_report {
    defect what = defect::none;
    std::string_view symbol; // of unresolved_symbol, with the version that was asked for
    std::string_view version;
};

/// What a TLS descriptor calls. Its second word is the offset from the thread pointer if the storage is in
/// every thread; else the module's number in the upper half and the offset in its block in the lower.
struct descriptor_functions {
    u64 in_every_thread = 0;
    u64 by_module = 0;
};

/// Relocates one object.
failure_report relocate(const object& o, std::span<const object* const> scope, memory& to,
                        const descriptor_functions& functions);
} // namespace linker
