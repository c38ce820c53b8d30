// How file calls get their arguments: names, the directory where a name begins, and buffers.
#pragma once

#include <array>
#include <string_view>

#include "core/base/make_unique.hh"
#include "core/mm/io_buffer.hh"
#include "core/mm/layout.hh"
#include "fs/vfs/lookup.hh"
#include "linux/abi/types.hh"
#include "linux/files/calls.hh"
#include "linux/files/context.hh"

namespace linux
{
/// A path name copied from the application: on the stack if it is short, as nearly all are.
class path_name
{
  public:
    path_name() = default;
    path_name(const path_name&) = delete;
    path_name& operator=(const path_name&) = delete;

    /// Errors: efault, enametoolong (4096 with the zero), enomem.
    result<void> read(user_string from);

    std::string_view view() const { return _view; }
    bool empty() const { return _view.empty(); }
    bool absolute() const { return _view.starts_with('/'); }

  private:
    std::array<char, 200> _short;
    unique_ptr<char[]> _long;
    std::string_view _view;
};

/// Where relative names begin: the root for an absolute name, else what `base` says. Errors: enoent (an empty
/// name), ebadf, enotdir.
result<vfs::path> base_path(int base, const path_name& name);

/// The place that (base, name) means; with at_empty_path and an empty name the descriptor's own file.
/// `flags` are at_ flags of which only at_empty_path and at_symlink_nofollow count here.
result<vfs::path> resolve_at(int base, user_string name, u32 flags);

/// A name together with where it begins, for calls that create or remove it.
struct named_place {
    path_name name;
    vfs::path base;

    result<void> read(int descriptor, user_string from)
    {
        TRY(name.read(from));
        base = TRY(base_path(descriptor, name));
        return {};
    }
};

/// Whether all of a transfer's memory may be the application's; faults inside come later. Errors: efault.
inline result<void> check_range(virt_addr base, size_t bytes)
{
    if (!mm::is_application_range(base, bytes))
        return fail(errc::efault);
    return {};
}

/// The segments of readv and its like, checked and cut at Linux's limit for one transfer.
class segment_list
{
  public:
    segment_list() = default;
    segment_list(const segment_list&) = delete;
    segment_list& operator=(const segment_list&) = delete;

    /// Errors: einval (too many, a negative length), efault, enomem.
    result<void> read(user_ptr<const iovec> from, size_t count);

    std::span<const io_buffer::segment> segments() const { return _segments; }

  private:
    std::array<io_buffer::segment, 8> _few;
    unique_ptr<io_buffer::segment[]> _many;
    std::span<io_buffer::segment> _segments;
};
} // namespace linux
