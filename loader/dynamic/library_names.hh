// Which libraries the built-in C library takes the place of: the parts of glibc, musl, and their dynamic
// linkers.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace linker
{
inline constexpr std::string_view builtin_library = "/usr/lib/kiln/libc.so";

inline constexpr std::array<std::string_view, 13> replaced_libraries = {
    "libc.so.6",
    "libm.so.6",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "libutil.so.1",
    "libresolv.so.2",
    "libanl.so.1",
    "ld-linux-x86-64.so.2",
    "libc.so",
    "libc.musl-x86_64.so.1",
    "ld-musl-x86_64.so.1",
    "libmvec.so.1",
};

constexpr bool is_replaced(std::string_view name)
{
    return std::ranges::find(replaced_libraries, name) != replaced_libraries.end();
}
} // namespace linker
