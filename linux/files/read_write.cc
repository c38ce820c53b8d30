// read, write and their relatives: check the descriptor and the memory, then hand over to the file.
#include <algorithm>

#include "linux/files/arguments.hh"
#include "linux/signal/send.hh"
#include "linux/syscall/restart.hh"

namespace linux
{
namespace
{

constexpr auto application = io_buffer::memory::application;

/// The file if it may be read, else empty (ebadf). O_PATH files may be neither read nor written.
inline file_ref readable(int descriptor)
{
    file_ref file = descriptors().get(descriptor);
    if (file && !file->may_read()) [[unlikely]]
        return {};
    return file;
}

inline file_ref writable(int descriptor)
{
    file_ref file = descriptors().get(descriptor);
    if (file && !file->may_write()) [[unlikely]]
        return {};
    return file;
}

// uapi/linux/fs.h: flags of preadv2 and pwritev2
constexpr u32 flag_high_priority = 1;
constexpr u32 flag_data_sync = 2;
constexpr u32 flag_sync = 4;
constexpr s64 current_position = -1;

/// Linux puts the two halves together so that 32-bit programs can pass them; on this machine `low` is all of
/// it.
constexpr s64 offset_of(u64 low, u64)
{
    return static_cast<s64>(low);
}

result<size_t> read_segments(int descriptor, user_ptr<const iovec> segments, size_t count, s64 offset)
{
    const auto file = readable(descriptor);
    if (!file) [[unlikely]]
        return fail(errc::ebadf);
    segment_list list;
    TRY(list.read(segments, count));
    io_buffer to(application, list.segments());
    if (offset == current_position)
        return restartable(file->read(to));
    return restartable(file->read_at(static_cast<u64>(offset), to));
}

result<size_t> write_segments(int descriptor, user_ptr<const iovec> segments, size_t count, s64 offset)
{
    const auto file = writable(descriptor);
    if (!file) [[unlikely]]
        return fail(errc::ebadf);
    segment_list list;
    TRY(list.read(segments, count));
    io_buffer from(application, list.segments());
    if (offset == current_position)
        return finish_write(file->write(from));
    return finish_write(file->write_at(static_cast<u64>(offset), from));
}
} // namespace

result<size_t> finish_write(result<size_t> written)
{
    if (!written && written.error() == errc::epipe)
        raise_in_current(sigpipe);
    return restartable(written);
}

result<size_t> sys_read(int descriptor, virt_addr buffer, size_t bytes)
{
    const auto file = readable(descriptor);
    if (!file) [[unlikely]]
        return fail(errc::ebadf);
    TRY(check_range(buffer, bytes));
    io_buffer to(application, buffer, std::min(bytes, max_transfer));
    return restartable(file->read(to));
}

result<size_t> sys_write(int descriptor, virt_addr buffer, size_t bytes)
{
    const auto file = writable(descriptor);
    if (!file) [[unlikely]]
        return fail(errc::ebadf);
    TRY(check_range(buffer, bytes));
    io_buffer from(application, buffer, std::min(bytes, max_transfer));
    return finish_write(file->write(from));
}

result<size_t> sys_pread64(int descriptor, virt_addr buffer, size_t bytes, s64 offset)
{
    if (offset < 0)
        return fail(errc::einval);
    const auto file = readable(descriptor);
    if (!file) [[unlikely]]
        return fail(errc::ebadf);
    TRY(check_range(buffer, bytes));
    io_buffer to(application, buffer, std::min(bytes, max_transfer));
    return restartable(file->read_at(static_cast<u64>(offset), to));
}

result<size_t> sys_pwrite64(int descriptor, virt_addr buffer, size_t bytes, s64 offset)
{
    if (offset < 0)
        return fail(errc::einval);
    const auto file = writable(descriptor);
    if (!file) [[unlikely]]
        return fail(errc::ebadf);
    TRY(check_range(buffer, bytes));
    io_buffer from(application, buffer, std::min(bytes, max_transfer));
    return finish_write(file->write_at(static_cast<u64>(offset), from));
}

result<size_t> sys_readv(int descriptor, user_ptr<const iovec> segments, size_t count)
{
    return read_segments(descriptor, segments, count, current_position);
}

result<size_t> sys_writev(int descriptor, user_ptr<const iovec> segments, size_t count)
{
    return write_segments(descriptor, segments, count, current_position);
}

result<size_t> sys_preadv(int descriptor, user_ptr<const iovec> segments, size_t count, u64 low, u64 high)
{
    const s64 offset = offset_of(low, high);
    if (offset < 0)
        return fail(errc::einval);
    return read_segments(descriptor, segments, count, offset);
}

result<size_t> sys_pwritev(int descriptor, user_ptr<const iovec> segments, size_t count, u64 low, u64 high)
{
    const s64 offset = offset_of(low, high);
    if (offset < 0)
        return fail(errc::einval);
    return write_segments(descriptor, segments, count, offset);
}

result<size_t> sys_preadv2(int descriptor, user_ptr<const iovec> segments, size_t count, u64 low, u64 high,
                           u32 flags)
{
    const s64 offset = offset_of(low, high);
    if (offset < current_position)
        return fail(errc::einval);
    if (flags & ~flag_high_priority) // no_wait: files here cannot tell whether they would wait
        return fail(errc::eopnotsupp);
    return read_segments(descriptor, segments, count, offset);
}

result<size_t> sys_pwritev2(int descriptor, user_ptr<const iovec> segments, size_t count, u64 low, u64 high,
                            u32 flags)
{
    const s64 offset = offset_of(low, high);
    if (offset < current_position)
        return fail(errc::einval);
    if (flags & ~(flag_high_priority | flag_data_sync | flag_sync))
        return fail(errc::eopnotsupp);
    const auto written = write_segments(descriptor, segments, count, offset);
    if (written && *written && flags & (flag_data_sync | flag_sync)) {
        const auto file = writable(descriptor);
        if (!file) [[unlikely]]
            return fail(errc::ebadf);
        TRY(file->synchronize(flags & flag_sync ? vfs::sync_scope::all : vfs::sync_scope::data_only));
    }
    return written;
}

result<u64> sys_lseek(int descriptor, s64 offset, u32 origin)
{
    const auto file = TRY(descriptors().use(descriptor));
    if (origin > static_cast<u32>(vfs::seek_origin::hole))
        return fail(errc::einval);
    return file->seek(offset, static_cast<vfs::seek_origin>(origin));
}
} // namespace linux
