#include "fs/pipe/pipe_file.hh"

#include "core/log.hh"
#include "core/mm/user_access.hh"
#include "fs/vfs/anonymous_inode.hh"

namespace fs
{
pipe_file::pipe_file(ref_ptr<vfs::inode> anonymous, ref_ptr<pipe> p, u32 flags)
    : file(std::move(anonymous), flags), _pipe(std::move(p))
{
    _pipe->open_ends(open_as());
}

pipe_file::pipe_file(const vfs::path& where, ref_ptr<pipe> p, u32 flags)
    : file(where, flags), _pipe(std::move(p))
{
    _pipe->open_ends(open_as());
}

pipe_file::~pipe_file()
{
    _pipe->close_ends(open_as());
}

result<size_t> pipe_file::read(io_buffer& to)
{
    return _pipe->read(to, mode());
}
result<size_t> pipe_file::write(io_buffer& from)
{
    return _pipe->write(from, mode());
}

result<u64> pipe_file::control(u32 request, virt_addr argument)
{
    constexpr u32 bytes_to_read = 0x541b; // FIONREAD
    if (request != bytes_to_read)
        return fail(errc::enotty);
    const int available = static_cast<int>(_pipe->bytes_available());
    TRY(mm::copy_to_user(argument, &available, sizeof available));
    return u64{0};
}

u32 pipe_file::poll(u32 interest, vfs::poll_registrar* registrar)
{
    return _pipe->poll(interest, registrar, open_as());
}

result<size_t> pipe_file::describe(std::span<char> buffer) const
{
    if (where())
        return file::describe(buffer);
    char text[32];
    const size_t length = klog::format(text, sizeof text, "pipe:[{}]", inode().number());
    if (length > buffer.size())
        return fail(errc::enametoolong);
    std::copy_n(text, length, buffer.data());
    return length;
}

result<pipe_pair> create_pipe(u32 flags)
{
    constexpr u32 passed_on = vfs::open_flag::nonblock | vfs::open_flag::direct;
    auto p = TRY(pipe::create());
    auto node = TRY(vfs::anonymous_inode::create(vfs::file_type::fifo, 0600));
    auto reader = TRY(make_ref<pipe_file>(node, p, (flags & passed_on) | vfs::open_flag::read_only));
    auto writer = TRY(
        make_ref<pipe_file>(std::move(node), std::move(p), (flags & passed_on) | vfs::open_flag::write_only));
    return pipe_pair{std::move(reader), std::move(writer)};
}
} // namespace fs
