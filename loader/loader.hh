// Starting a program: find its file, map it and its interpreter, build its stack.
//
//     result<loaded_program> p = loader::load(space, request, why);
//
// `space` is new and empty, and the calling thread runs in it (sched::thread::set_address_space), because
// stack and bss are written through the ordinary door to application memory. After a failure the space is of
// no use.
//
// A file may be an ELF program, whose PT_INTERP names a second file (ld-linux, musl's loader), or a script:
// then the line behind #! names the program, as on Linux up to five deep. Source: execve(2), elf(5).
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "core/base/result.hh"
#include "core/mm/address_space.hh"
#include "fs/vfs/path.hh"
#include "loader/dynamic/link.hh"
#include "loader/explanation.hh"
#include "loader/packed_strings.hh"

namespace loader
{
struct request {
    vfs::path base;        // where a relative name begins
    std::string_view file; // resolved as execve does: no search along PATH
    packed_strings arguments;
    packed_strings environment;
    u32 user = 0, effective_user = 0, group = 0, effective_group = 0;
    u64 stack_limit = 8_MiB;      // RLIMIT_STACK
    bool builtin_library = false; // bind a dynamic program to the built-in C library (docs/libc.md)
};

struct loaded_program {
    virt_addr entry; // of the interpreter if there is one
    virt_addr stack_pointer;
    vfs::path executable;                      // what /proc/self/exe leads to
    unique_ptr<linker::linked_program> linked; // with the built-in C library: opens further libraries
    std::array<char, 16> name{};               // last part of the file's name, for the first thread (comm)

    // For /proc.
    virt_addr code_start, code_end, data_start, data_end;
    virt_addr arguments_start, arguments_end, environment_start, environment_end, auxv_start, auxv_end;
};

/// Errors: enoent (also a missing interpreter), enotdir, eacces (not executable, not a regular file),
/// enoexec, elibbad as enoexec, eloop (scripts), e2big, enomem, eio.
result<loaded_program> load(mm::address_space& space, const request& what, explanation& why);

/// The exit status of a shell for this failure: 127 not found, 126 not executable, 125 no memory or a broken
/// disk.
int exit_status_of(errc error);
} // namespace loader
