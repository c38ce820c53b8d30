#include "linux/files/arguments.hh"

#include <algorithm>

namespace linux
{
result<void> path_name::read(user_string from)
{
    auto length = mm::read_user_string(from.address(), _short.data(), _short.size());
    if (length) {
        _view = {_short.data(), *length};
        return {};
    }
    if (length.error() != errc::enametoolong)
        return fail(length.error());
    _long = TRY(try_make_unique<char[]>(path_max));
    _view = {_long.get(), TRY(mm::read_user_string(from.address(), _long.get(), path_max))};
    return {};
}

result<vfs::path> base_path(int base, const path_name& name)
{
    if (name.empty())
        return fail(errc::enoent);
    if (name.absolute())
        return vfs::root();
    if (base == at_fdcwd)
        return filesystem().working_directory();
    const auto file = TRY(descriptors().use_any(base));
    if (!file->where() || !file->where().inode().is_directory())
        return fail(errc::enotdir);
    return file->where();
}

result<vfs::path> resolve_at(int base, user_string name, u32 flags)
{
    path_name text;
    TRY(text.read(name));
    if (text.empty() && flags & at_empty_path) {
        if (base == at_fdcwd)
            return filesystem().working_directory();
        const auto file = TRY(descriptors().use_any(base));
        if (!file->where())
            return fail(errc::enoent);
        return file->where();
    }
    const auto where = TRY(base_path(base, text));
    return vfs::resolve(where, text.view(),
                        flags & at_symlink_nofollow ? vfs::final_link::keep : vfs::final_link::follow);
}

result<void> segment_list::read(user_ptr<const iovec> from, size_t count)
{
    if (count > iov_max)
        return fail(errc::einval);
    if (count <= _few.size()) {
        _segments = {_few.data(), count};
    } else {
        _many = TRY(try_make_unique<io_buffer::segment[]>(count));
        _segments = {_many.get(), count};
    }
    size_t left = max_transfer;
    for (size_t i = 0; i < count; i++) {
        const iovec v = TRY((from + i).read());
        if (static_cast<s64>(v.length) < 0)
            return fail(errc::einval);
        TRY(check_range(virt_addr(v.base), v.length));
        const size_t length = std::min(left, static_cast<size_t>(v.length));
        left -= length;
        _segments[i] = {virt_addr(v.base), length};
    }
    return {};
}
} // namespace linux
