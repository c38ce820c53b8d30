// Binding a dynamic program to the built-in C library, without a dynamic linker in the image (docs/libc.md).
//
//     gather    map the program's libraries, breadth first; the built-in library takes the place of libc's
//     parts lay out   thread-local storage relocate  libraries before the program, so that copy relocations
//     copy what is complete leave     lists of objects, constructors and indirect functions, for
//     libc/ldso/link.c
//
// The calling thread runs in the address space, which nobody else sees yet.
#pragma once

#include <string_view>

#include "core/mm/address_space.hh"
#include "loader/dynamic/library.hh"
#include "loader/explanation.hh"

namespace linker
{
class linked_program
{
  public:
    linked_program(mm::address_space& space, vfs::path base, std::string_view library_path,
                   loader::explanation& why)
        : _space(space), _base(std::move(base)), _library_path(library_path), _why(why)
    {
    }

    /// Links the mapped program; returns where it starts. Errors: enoent for a missing library, enoexec for a
    /// damaged one or a missing symbol, enomem; `why` names the file.
    result<virt_addr> link(const elf::file& program, const elf::mapping& where, std::string_view name);

  private:
    result<void> gather(const elf::file& program, const elf::mapping& where, std::string_view name);
    result<library*> add(elf::file file, const elf::mapping* where, std::string_view name);
    result<library*> find_or_load(std::string_view name, library& user);
    result<library*> load(vfs::path where, std::string_view name);
    result<void> order(library& first);
    result<u64> library_symbol(std::string_view name, size_t size);
    bool is_replaced_function(std::string_view name) const;

    mm::address_space& _space;
    vfs::path _base;
    std::string_view _library_path;
    loader::explanation& _why;
    growing_array<unique_ptr<library>> _libraries; // in the order of symbol look-up
    growing_array<const object*> _scope;
    growing_array<library*> _construction; // dependencies first
    library* _builtin = nullptr;
};
} // namespace linker
