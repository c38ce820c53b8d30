#include "core/log.hh"
#include "fs/tmpfs/inodes.hh"

namespace tmpfs
{
namespace
{
constexpr u64 size_limit = 0x7ffffffffffff000;
}

result<ref_ptr<regular_inode>> regular_inode::create(file_system& fs, const vfs::creation& how, u32 links)
{
    auto pages = TRY(make_ref<file_pages>(fs.budget()));
    return make_ref<regular_inode>(fs, how, links, std::move(pages));
}

regular_inode::regular_inode(file_system& fs, const vfs::creation& how, u32 links, ref_ptr<file_pages> pages)
    : node(fs, vfs::file_type::regular, how, links), _pages(std::move(pages))
{
}

result<size_t> regular_inode::read(u64 offset, io_buffer& to)
{
    const size_t done = TRY(_pages->read(offset, to));
    if (done)
        touch(touched::accessed);
    return done;
}

result<size_t> regular_inode::write(u64& position, io_buffer& from, vfs::write_mode mode)
{
    if (from.empty())
        return size_t{0};
    lock_guard guard{_write_lock};
    const u64 start = mode == vfs::write_mode::append ? _pages->size() : position;
    if (start >= size_limit)
        return fail(errc::efbig);
    const size_t done = TRY(_pages->write(start, from));
    position = start + done;
    touch(touched::content);
    return done;
}

result<void> regular_inode::resize(u64 size)
{
    if (size > size_limit)
        return fail(errc::efbig);
    lock_guard guard{_write_lock};
    _pages->resize(size);
    return {};
}

result<void> regular_inode::allocate(u32 mode, u64 offset, u64 length)
{
    using namespace vfs::allocate_flag;
    if (mode & ~(keep_size | punch_hole | zero_range))
        return fail(errc::eopnotsupp);
    if ((mode & punch_hole) && (!(mode & keep_size) || (mode & zero_range)))
        return fail(errc::eopnotsupp);
    if (offset + length > size_limit)
        return fail(errc::efbig);
    lock_guard guard{_write_lock};
    if (mode & (punch_hole | zero_range))
        _pages->punch_hole(offset, length);
    if (!(mode & punch_hole)) {
        TRY(_pages->allocate(offset, length));
        if (!(mode & keep_size))
            _pages->extend(offset + length);
    }
    touch(touched::content);
    return {};
}

result<u64> regular_inode::seek_data(u64 offset, vfs::seek_origin what)
{
    lock_guard guard{_write_lock};
    const u64 size = _pages->size();
    if (offset >= size)
        return fail(errc::enxio);
    if (what == vfs::seek_origin::hole)
        return _pages->next_hole(offset);
    const u64 at = _pages->next_data(offset);
    if (at >= size)
        return fail(errc::enxio);
    return at;
}

result<ref_ptr<mm::memory_object>> regular_inode::memory_object()
{
    return ref_ptr<mm::memory_object>(_pages);
}
} // namespace tmpfs
