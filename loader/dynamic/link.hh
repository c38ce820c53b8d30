// Binding a dynamic program to the built-in C library, without a dynamic linker in the image (docs/libc.md).
//
//     gather      map the libraries, breadth first; the built-in library takes the place of libc's parts
//     lay out     thread-local storage
//     relocate    libraries before the program, so that copy relocations copy what is complete
//     leave       lists of objects, constructors and indirect functions, for libc/ldso/
//
// link() does it for the program's start, open() for a library that is opened later: what was there stays,
// and a failure leaves nothing behind. The calling thread runs in the address space. Nothing that the program
// can write is believed: it names libraries by path, and its own address by a number that is only compared.
//
// Locking: one thread links at a time; application memory and files are touched under the lock.
#pragma once

#include <string_view>

#include "core/mm/address_space.hh"
#include "core/sync/mutex.hh"
#include "loader/dynamic/library.hh"
#include "loader/dynamic/relocate.hh"
#include "loader/dynamic/startup.hh"
#include "loader/dynamic/tls_layout.hh"
#include "loader/explanation.hh"

namespace linker
{
class user_memory;

class linked_program
{
  public:
    /// `base` is where relative names begin. Errors: enomem.
    static result<unique_ptr<linked_program>> create(mm::address_space& space, std::string_view library_path);

    /// Links the mapped program; returns where it starts. Errors: enoent for a missing library, enoexec for a
    /// damaged one or a missing symbol, enomem; `why` names the file.
    result<virt_addr> link(const elf::file& program, const elf::mapping& where, std::string_view name,
                           const vfs::path& base, loader::explanation& why) EXCLUDES(_lock);

    struct request {
        std::string_view name; // empty: the program itself
        const vfs::path& base; // where a relative name begins
        u64 caller;            // an address in the object that asks
        u32 mode;              // startup::open_mode
    };
    /// dlopen(3). Errors as of link().
    result<startup::opened> open(const request& what, loader::explanation& why) EXCLUDES(_lock);
    /// Takes back the last open() that brought libraries, for a program that cannot finish its part of it.
    /// Errors: einval if there is none.
    result<void> undo() EXCLUDES(_lock);

  private:
    linked_program(mm::address_space& space) : _space(space) {}

    /// How far things were before an operation.
    struct mark {
        size_t libraries = 0, globals = 0;
        tls_layout tls;
    };
    struct block_place {
        virt_addr start;
        u64 length = 0;
    };

    // gather.cc
    enum class if_missing : u8 { load, leave };
    library* find(std::string_view name) REQUIRES(_lock);
    result<library*> find_or_load(std::string_view name, library& user, const vfs::path& base,
                                  if_missing missing = if_missing::load) REQUIRES(_lock);
    result<library*> add(elf::file file, const elf::mapping* where, std::string_view name) REQUIRES(_lock);
    result<library*> load(vfs::path where, std::string_view name) REQUIRES(_lock);
    result<library*> load_builtin(const vfs::path& base) REQUIRES(_lock);
    result<void> gather_from(size_t first, const vfs::path& base) REQUIRES(_lock);
    void unmap(const library& l) REQUIRES(_lock);

    // link.cc
    result<startup::link> complete(size_t first, std::span<const object* const> scope,
                                   std::span<library* const> group) REQUIRES(_lock);
    result<void> relocate_from(size_t first, std::span<const object* const> scope, user_memory& memory)
        REQUIRES(_lock);
    result<u64> builtin_symbol(std::string_view name, size_t size) REQUIRES(_lock);
    bool is_replaced_function(std::string_view name) REQUIRES(_lock);

    // open.cc
    result<startup::opened> open_locked(const request& what) REQUIRES(_lock);
    result<startup::opened> bring(library& root, size_t first, u32 mode) REQUIRES(_lock);
    result<library*> find_root(const request& what) REQUIRES(_lock);
    library& caller_of(u64 address) REQUIRES(_lock);
    result<void> make_global(std::span<library* const> group) REQUIRES(_lock);
    void roll_back(const mark& to) REQUIRES(_lock);

    mm::address_space& _space;
    unique_ptr<char[]> _library_path; // LD_LIBRARY_PATH of the start, with its zero
    mutex _lock{lock_rank::program};
    loader::explanation* _why GUARDED_BY(_lock) = nullptr;           // of the operation that runs
    growing_array<unique_ptr<library>> _libraries GUARDED_BY(_lock); // in the order of loading
    growing_array<const object*> _global GUARDED_BY(_lock);          // in the order of symbol look-up
    library* _builtin GUARDED_BY(_lock) = nullptr;
    tls_layout _tls GUARDED_BY(_lock);
    block_place _last_block GUARDED_BY(_lock);
    mark _before_open GUARDED_BY(_lock); // of the last open() that brought libraries
    bool _may_undo GUARDED_BY(_lock) = false;
};
} // namespace linker
