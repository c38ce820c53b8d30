// Path look-up and the operations on names, as the system calls need them.
//
// Every function takes the directory where relative names begin (working directory or directory descriptor)
// and a name of at most 4095 characters; absolute names begin at root(). Errors are Linux's: enoent (also for
// an empty name), enotdir, eloop (40 links), enametoolong, erofs, eexist, ...
//
// Everybody is root (user 0), so permission bits of directories never refuse; check_access() tells what is
// left.
#pragma once

#include <string_view>

#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "fs/vfs/file.hh"
#include "fs/vfs/path.hh"

namespace vfs
{
inline constexpr size_t name_limit = 255;
inline constexpr size_t path_limit = 4096; // with the terminating zero
inline constexpr unsigned link_limit = 40;

enum class final_link : u8 { follow, keep };

result<path> resolve(const path& base, std::string_view name, final_link link = final_link::follow);

/// open(2): all of O_CREAT, O_EXCL, O_TRUNC, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_TMPFILE. The umask has been
/// applied to `permissions`.
result<ref_ptr<file>> open(const path& base, std::string_view name, u32 flags, u32 permissions = 0);
/// The same for a place that is known already.
result<ref_ptr<file>> open(const path& where, u32 flags);

result<void> make_directory(const path& base, std::string_view name, u32 permissions);
result<void> make_node(const path& base, std::string_view name, u32 mode, device_number device);
result<void> make_symlink(std::string_view target, const path& base, std::string_view name);
/// linkat(2): `existing` was resolved by the caller (with or without following).
result<void> link(const path& existing, const path& base, std::string_view name);
result<void> unlink(const path& base, std::string_view name);
result<void> remove_directory(const path& base, std::string_view name);
result<void> rename(const path& old_base, std::string_view old_name, const path& new_base,
                    std::string_view new_name, u32 flags);

/// chmod, chown, utimensat, truncate by path: checks read-only mounts and types.
result<void> set_attributes(const path& where, const attribute_changes& changes);
result<void> truncate(const path& where, u64 size);

/// access(2): `wanted` as R_OK 4, W_OK 2, X_OK 1. Errors: eacces (no x bit at all on a file), erofs.
result<void> check_access(const path& where, u32 wanted);
} // namespace vfs
