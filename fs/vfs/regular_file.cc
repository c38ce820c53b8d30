#include "fs/vfs/regular_file.hh"

#include <algorithm>

#include "core/mm/io_buffer.hh"
#include "core/mm/memory_object.hh"
#include "fs/vfs/changes.hh"

namespace vfs
{
result<u64> seek_target(u64 position, u64 size, s64 offset, seek_origin origin)
{
    u64 base = 0;
    switch (origin) {
    case seek_origin::start:
        break;
    case seek_origin::current:
        base = position;
        break;
    case seek_origin::end:
        base = size;
        break;
    default:
        return fail(errc::einval);
    }
    s64 target;
    if (__builtin_add_overflow(static_cast<s64>(base), offset, &target) || target < 0)
        return fail(errc::einval);
    return static_cast<u64>(target);
}

result<size_t> regular_file::read(io_buffer& to)
{
    lock_guard guard{_lock};
    const size_t done = TRY(inode().read(_position, to));
    _position += done;
    if (done != 0)
        note_change(*this, change_event::accessed);
    return done;
}

/// Not part of read_at(), which is otherwise a jump.
[[gnu::noinline]] result<size_t> regular_file::read_at_and_tell(u64 offset, io_buffer& to)
{
    const size_t done = TRY(inode().read(offset, to));
    if (done != 0)
        note_change(*this, change_event::accessed);
    return done;
}

result<size_t> regular_file::read_at(u64 offset, io_buffer& to)
{
    if (changes_matter()) [[unlikely]]
        return read_at_and_tell(offset, to);
    return inode().read(offset, to);
}

result<size_t> regular_file::write_from(u64& position, io_buffer& from)
{
    const u32 now = flags();
    const auto mode = now & open_flag::append ? write_mode::append : write_mode::at_position;
    if (mode == write_mode::at_position) {
        if (position >= offset_limit && !from.empty())
            return fail(errc::efbig);
        from.truncate(static_cast<size_t>(std::min<u64>(from.remaining(), offset_limit - position)));
    }
    const size_t done = TRY(inode().write(position, from, mode));
    if (done != 0)
        note_change(*this, change_event::modified);
    if (now & open_flag::data_sync) {
        const bool everything = (now & open_flag::sync) == open_flag::sync;
        TRY(inode().synchronize(everything ? sync_scope::all : sync_scope::data_only));
    }
    return done;
}

result<size_t> regular_file::write(io_buffer& from)
{
    lock_guard guard{_lock};
    return write_from(_position, from);
}

result<size_t> regular_file::write_at(u64 offset, io_buffer& from)
{
    return write_from(offset, from);
}

result<u64> regular_file::seek(s64 offset, seek_origin origin)
{
    lock_guard guard{_lock};
    if (origin == seek_origin::data || origin == seek_origin::hole) {
        if (offset < 0)
            return fail(errc::enxio);
        return _position = TRY(inode().seek_data(static_cast<u64>(offset), origin));
    }
    u64 size = 0;
    if (origin == seek_origin::end) {
        attributes now;
        TRY(inode().get_attributes(now));
        size = now.size;
    }
    return _position = TRY(seek_target(_position, size, offset, origin));
}

result<void> regular_file::truncate(u64 size)
{
    TRY(inode().set_attributes({.size = size}));
    note_change(*this, change_event::modified);
    return {};
}

result<void> regular_file::allocate(u32 mode, u64 offset, u64 length)
{
    if (length == 0 || offset > offset_limit || length > offset_limit)
        return fail(errc::einval);
    if (offset + length > offset_limit)
        return fail(errc::efbig);
    TRY(inode().allocate(mode, offset, length));
    note_change(*this, change_event::modified);
    return {};
}

result<void> regular_file::synchronize(sync_scope scope)
{
    return inode().synchronize(scope);
}
result<ref_ptr<mm::memory_object>> regular_file::memory_object()
{
    return where().memory_object();
}
} // namespace vfs
