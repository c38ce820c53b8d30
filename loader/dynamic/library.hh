// One mapped object with what the linker keeps of its file: names, dependencies, and the bytes of its tables.
#pragma once

#include "core/base/make_unique.hh"
#include "loader/dynamic/growing_array.hh"
#include "loader/dynamic/object.hh"
#include "loader/elf/map.hh"

namespace linker
{
class library
{
  public:
    explicit library(elf::file opened) : file(std::move(opened)) {}

    /// Reads the tables and parses them. Errors: enoexec with *why set; else what reading gave.
    result<void> read(std::string_view path, defect* why);

    std::string_view name() const { return {_name.get(), _name_size}; }

    elf::file file;
    elf::mapping mapping;
    object linked;
    growing_array<library*> needed; // in the order of DT_NEEDED
    library* loaded_by = nullptr;   // whose DT_NEEDED brought it
    bool is_mapped = false;
    bool was_searched = false; // for a name without folders
    bool ordered = false;      // it has its place among the constructors

    // Where the C library finds it.
    u64 object_address = 0;
    u64 group_address = 0; // of its list of dependencies, breadth first; 0: nobody has asked for it

  private:
    result<void> read_piece(contents& into, const elf::program_header& segment);

    unique_ptr<char[]> _name;
    size_t _name_size = 0;
    growing_array<unique_ptr<std::byte[]>> _pieces;
};
} // namespace linker
