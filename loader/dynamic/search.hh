// Where a library is looked for: DT_RPATH, LD_LIBRARY_PATH, DT_RUNPATH, then the folders of every system.
// Source: ld.so(8).
#pragma once

#include "fs/vfs/path.hh"
#include "loader/dynamic/library.hh"

namespace linker
{
struct found_library {
    vfs::path where;
    std::array<char, 512> name;
    size_t name_size;
};

/// Errors: enoent if it is nowhere.
result<unique_ptr<found_library>> find_library(std::string_view name, const library& user,
                                               const vfs::path& base, std::string_view library_path);
} // namespace linker
