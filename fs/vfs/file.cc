#include "fs/vfs/file.hh"

#include <cstring>

#include "core/mm/memory_object.hh"
#include "fs/vfs/changes.hh"

namespace vfs
{
namespace
{
constexpr bool reads(u32 flags)
{
    const u32 mode = flags & open_flag::access_mode;
    return !(flags & open_flag::path_only) && (mode == open_flag::read_only || mode == open_flag::read_write);
}
constexpr bool writes(u32 flags)
{
    const u32 mode = flags & open_flag::access_mode;
    return !(flags & open_flag::path_only) &&
           (mode == open_flag::write_only || mode == open_flag::read_write);
}

constinit file::last_release_hook last_release = nullptr; // set at boot
} // namespace

void file::set_last_release_hook(last_release_hook hook)
{
    last_release = hook;
}

void file::on_last_release() const
{
    note_change(*this, _writable ? change_event::closed_writable : change_event::closed_unwritable);
    if (_watched.load(std::memory_order_relaxed) && last_release)
        last_release(const_cast<file&>(*this));
}

file::file(const path& where, u32 flags)
    : _flags(flags & ~open_flag::only_for_open), _where(where), _inode(where.inode()),
      _readable(reads(flags)), _writable(writes(flags))
{
}

file::file(ref_ptr<vfs::inode> anonymous, u32 flags)
    : _flags(flags & ~open_flag::only_for_open), _inode(std::move(anonymous)), _readable(reads(flags)),
      _writable(writes(flags))
{
}

result<void> file::set_flags(u32 flags)
{
    u32 old = _flags.load(std::memory_order_relaxed);
    while (
        !_flags.compare_exchange_weak(old, (old & ~open_flag::changeable) | (flags & open_flag::changeable)))
        ;
    return {};
}

result<size_t> file::read(io_buffer&)
{
    return fail(errc::einval);
}
result<size_t> file::write(io_buffer&)
{
    return fail(errc::einval);
}
result<size_t> file::read_at(u64, io_buffer&)
{
    return fail(errc::espipe);
}
result<size_t> file::write_at(u64, io_buffer&)
{
    return fail(errc::espipe);
}
result<u64> file::seek(s64, seek_origin)
{
    return fail(errc::espipe);
}
result<void> file::list(directory_sink&)
{
    return fail(errc::enotdir);
}
result<void> file::truncate(u64)
{
    return fail(errc::einval);
}
result<void> file::allocate(u32, u64, u64)
{
    return fail(errc::espipe);
}
result<void> file::synchronize(sync_scope)
{
    return fail(errc::einval);
}
result<u64> file::control(u32, virt_addr)
{
    return fail(errc::enotty);
}
result<ref_ptr<mm::memory_object>> file::memory_object()
{
    return fail(errc::enodev);
}
result<size_t> file::pipe_size()
{
    return fail(errc::ebadf);
}
result<size_t> file::set_pipe_size(size_t)
{
    return fail(errc::ebadf);
}

u32 file::poll(u32 interest, poll_registrar*)
{
    return interest & (poll_event::readable | poll_event::writable);
}

result<size_t> file::describe(std::span<char> buffer) const
{
    if (_where)
        return _where.describe(buffer, path::deleted_mark::yes);
    static constexpr std::string_view text = "anon_inode:[file]";
    if (buffer.size() < text.size())
        return fail(errc::enametoolong);
    std::memcpy(buffer.data(), text.data(), text.size());
    return text.size();
}

result<void> file::get_attributes(attributes& out) const
{
    return _where ? _where.get_attributes(out) : _inode->get_attributes(out);
}
} // namespace vfs
