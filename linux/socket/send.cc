// sendto, sendmsg, sendmmsg.
#include <algorithm>

#include "linux/signal/send.hh"
#include "linux/socket/arguments.hh"
#include "linux/socket/calls.hh"

namespace linux
{
namespace
{
/// SIGPIPE goes with EPIPE for streams, unless the program said no.
result<size_t> finish_send(socket_file& socket, u32 flags, result<size_t> sent)
{
    if (!sent && sent.error() == errc::epipe && socket.type() == sock_stream && !(flags & msg_nosignal))
        raise_in_current(sigpipe);
    return sent;
}

result<size_t> send_one(socket_file& socket, const msghdr& header, u32 flags)
{
    if (header.segment_count > iov_max)
        return fail(errc::emsgsize);
    if (header.control_length > optmem_max)
        return fail(errc::enobufs);
    segment_list segments;
    TRY(segments.read(user_ptr<const iovec>(header.segments), header.segment_count));
    socket_address to;
    if (header.name) {
        if (static_cast<s32>(header.name_length) < 0)
            return fail(errc::einval);
        TRY(to.read(virt_addr(header.name),
                    static_cast<s32>(std::min<u32>(header.name_length, sockaddr_storage_size))));
    }
    control_memory memory;
    std::span<const std::byte> control;
    if (header.control && header.control_length) {
        const auto copy = TRY(memory.reserve(header.control_length));
        TRY(mm::copy_from_user(copy.data(), virt_addr(header.control), copy.size()));
        control = copy;
    }
    io_buffer data(io_buffer::memory::application, segments.segments());
    outgoing_message message{data, to.empty() ? nullptr : &to, control, flags};
    return finish_send(socket, flags, socket.send(message));
}
} // namespace

result<size_t> sys_sendto(int descriptor, virt_addr bytes, size_t count, u32 flags, virt_addr address,
                          s32 length)
{
    const used_socket socket(descriptor);
    TRY(socket.found());
    TRY(check_range(bytes, count));
    socket_address to;
    if (address.value)
        TRY(to.read(address, length));
    io_buffer data(io_buffer::memory::application, bytes, std::min(count, max_transfer));
    outgoing_message message{.data = data, .to = to.empty() ? nullptr : &to, .control = {}, .flags = flags};
    return finish_send(*socket, flags, socket->send(message));
}

result<size_t> sys_sendmsg(int descriptor, user_ptr<const msghdr> message, u32 flags)
{
    const used_socket socket(descriptor);
    TRY(socket.found());
    return send_one(*socket, TRY(message.read()), flags);
}

result<u32> sys_sendmmsg(int descriptor, user_ptr<mmsghdr> messages, u32 count, u32 flags)
{
    const used_socket socket(descriptor);
    TRY(socket.found());
    count = std::min(count, static_cast<u32>(iov_max));
    for (u32 i = 0; i < count; i++) {
        const auto message = messages + i;
        const auto one = [&]() -> result<void> {
            const auto header = TRY(message.as<const msghdr>().read());
            const u32 sent = static_cast<u32>(TRY(send_one(*socket, header, flags)));
            return user_ptr<u32>(message.address() + offsetof(mmsghdr, length)).write(sent);
        };
        if (const auto done = one(); !done) {
            if (i == 0)
                return fail(done.error());
            return i;
        }
    }
    return count;
}
} // namespace linux
