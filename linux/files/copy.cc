// Copying between descriptors inside the kernel: sendfile, copy_file_range, splice, tee.
//
// tee copies from pipe to pipe. The others move the bytes through one buffer of the kernel. Bytes that could
// be read but not written are only lost from a source without position (a pipe), and there the write is tried
// first for what the target takes.
#include <algorithm>

#include "fs/pipe/pipe_file.hh"
#include "linux/files/arguments.hh"
#include "linux/syscall/restart.hh"

namespace linux
{
namespace
{
constexpr size_t copy_buffer_size = 16_KiB;

constexpr u32 splice_nonblock = 2;
constexpr u32 splice_flags = 0xf; // SPLICE_F_MOVE, NONBLOCK, MORE, GIFT

/// One side of a copy: at an offset of the caller's, or at the file's own position.
struct side {
    vfs::file& file;
    bool has_offset = false;
    u64 offset = 0;

    result<size_t> read(io_buffer& to)
    {
        const auto moved = has_offset ? file.read_at(offset, to) : file.read(to);
        if (moved)
            offset += *moved;
        return moved;
    }
    result<size_t> write(io_buffer& from)
    {
        const auto moved = has_offset ? file.write_at(offset, from) : file.write(from);
        if (moved)
            offset += *moved;
        return moved;
    }
    /// Puts back what was read but could not be written.
    void unread(size_t bytes)
    {
        offset -= bytes;
        if (!has_offset)
            (void)file.seek(-static_cast<s64>(bytes), vfs::seek_origin::current);
    }
};

result<size_t> write_all(side& out, std::span<const std::byte> bytes)
{
    size_t done = 0;
    while (done < bytes.size()) {
        auto from = io_buffer::of_kernel(bytes.subspan(done));
        const auto moved = out.write(from);
        if (!moved) {
            if (done)
                return done;
            return finish_write(moved);
        }
        if (*moved == 0)
            break;
        done += *moved;
    }
    return done;
}

/// splice() moves what one read gives; waiting for more is the caller's business.
enum class effort : u8 { everything, one_read };

result<size_t> copy(side& in, side& out, size_t bytes, effort how = effort::everything)
{
    const size_t size = std::min(bytes, copy_buffer_size);
    auto buffer = TRY(try_make_unique<std::byte[]>(std::max<size_t>(size, 1)));
    size_t done = 0;
    while (done < bytes) {
        const std::span chunk(buffer.get(), std::min(size, bytes - done));
        auto to = io_buffer::of_kernel(chunk);
        const auto got = in.read(to);
        if (!got) {
            if (done)
                return done;
            return fail(restartable(got.error()));
        }
        if (*got == 0)
            break;
        const auto put = write_all(out, chunk.first(*got));
        const size_t written = put ? *put : 0;
        done += written;
        if (written < *got) {
            in.unread(*got - written);
            if (!put && done == 0)
                return fail(put.error());
            break;
        }
        if (how == effort::one_read)
            break;
    }
    return done;
}

result<void> take_offset(side& s, user_ptr<s64> from)
{
    if (!from)
        return {};
    const s64 offset = TRY(from.read());
    if (offset < 0)
        return fail(errc::einval);
    s.has_offset = true;
    s.offset = static_cast<u64>(offset);
    return {};
}

result<void> give_offset(const side& s, user_ptr<s64> to)
{
    if (!s.has_offset)
        return {};
    return to.write(static_cast<s64>(s.offset));
}

bool is_type(vfs::file& file, vfs::file_type type)
{
    return file.inode().type() == type;
}
} // namespace

result<size_t> sys_sendfile(int out, int in, user_ptr<s64> offset, size_t bytes)
{
    const auto source = TRY(descriptors().use(in));
    const auto target = TRY(descriptors().use(out));
    if (!source->may_read() || !target->may_write())
        return fail(errc::ebadf);
    if (target->flags() & o_append)
        return fail(errc::einval);
    side from{*source};
    side to{*target};
    TRY(take_offset(from, offset));
    if (from.has_offset && is_type(*source, vfs::file_type::fifo))
        return fail(errc::espipe);
    const size_t moved = TRY(copy(from, to, std::min(bytes, max_transfer)));
    TRY(give_offset(from, offset));
    return moved;
}

result<size_t> sys_copy_file_range(int in, user_ptr<s64> in_offset, int out, user_ptr<s64> out_offset,
                                   size_t bytes, u32 flags)
{
    const auto source = TRY(descriptors().use(in));
    const auto target = TRY(descriptors().use(out));
    if (flags != 0)
        return fail(errc::einval);
    if (is_type(*source, vfs::file_type::directory) || is_type(*target, vfs::file_type::directory))
        return fail(errc::eisdir);
    if (!is_type(*source, vfs::file_type::regular) || !is_type(*target, vfs::file_type::regular))
        return fail(errc::einval);
    if (!source->may_read() || !target->may_write() || target->flags() & o_append)
        return fail(errc::ebadf);
    side from{*source};
    side to{*target};
    TRY(take_offset(from, in_offset));
    TRY(take_offset(to, out_offset));
    if (&source->inode() == &target->inode()) {
        const u64 a = from.has_offset ? from.offset : TRY(source->seek(0, vfs::seek_origin::current));
        const u64 b = to.has_offset ? to.offset : TRY(target->seek(0, vfs::seek_origin::current));
        if (a < b + bytes && b < a + bytes)
            return fail(errc::einval);
    }
    const size_t moved = TRY(copy(from, to, std::min(bytes, max_transfer)));
    TRY(give_offset(from, in_offset));
    TRY(give_offset(to, out_offset));
    return moved;
}

result<size_t> sys_splice(int in, user_ptr<s64> in_offset, int out, user_ptr<s64> out_offset, size_t bytes,
                          u32 flags)
{
    if (flags & ~splice_flags)
        return fail(errc::einval);
    if (bytes == 0)
        return size_t{0};
    const auto source = TRY(descriptors().use(in));
    const auto target = TRY(descriptors().use(out));
    const bool from_pipe = is_type(*source, vfs::file_type::fifo);
    const bool to_pipe = is_type(*target, vfs::file_type::fifo);
    if (!source->may_read() || !target->may_write())
        return fail(errc::ebadf);
    if (!from_pipe && !to_pipe)
        return fail(errc::einval);
    if ((from_pipe && in_offset) || (to_pipe && out_offset))
        return fail(errc::espipe);
    if (target->flags() & o_append)
        return fail(errc::einval);
    side from{*source};
    side to{*target};
    TRY(take_offset(from, in_offset));
    TRY(take_offset(to, out_offset));
    const size_t moved = TRY(copy(from, to, std::min(bytes, copy_buffer_size), effort::one_read));
    TRY(give_offset(from, in_offset));
    TRY(give_offset(to, out_offset));
    return moved;
}

result<size_t> sys_tee(int in, int out, size_t bytes, u32 flags)
{
    if (flags & ~splice_flags)
        return fail(errc::einval);
    if (bytes == 0)
        return size_t{0};
    const auto source = TRY(descriptors().use(in));
    const auto target = TRY(descriptors().use(out));
    if (!source->may_read() || !target->may_write())
        return fail(errc::ebadf);
    auto* const from = fs::pipe_file::of(*source);
    auto* const to = fs::pipe_file::of(*target);
    if (!from || !to || &from->ring() == &to->ring())
        return fail(errc::einval);
    const bool waits = !(flags & splice_nonblock) && !source->nonblocking() && !target->nonblocking();
    using blocking = fs::pipe::blocking;
    return finish_write(from->ring().copy_to(to->ring(), bytes, waits ? blocking::yes : blocking::no));
}
} // namespace linux
