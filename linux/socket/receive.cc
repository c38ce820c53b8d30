// recvfrom, recvmsg, recvmmsg.
#include <algorithm>

#include "linux/events/deadline.hh"
#include "linux/socket/arguments.hh"
#include "linux/socket/calls.hh"

namespace linux
{
namespace
{
result<size_t> receive_one(socket_file& socket, user_ptr<msghdr> where, u32 flags)
{
    const msghdr header = TRY(where.read());
    if (header.segment_count > iov_max)
        return fail(errc::emsgsize);
    if (static_cast<s32>(header.name_length) < 0)
        return fail(errc::einval);
    segment_list segments;
    TRY(segments.read(user_ptr<const iovec>(header.segments), header.segment_count));
    control_memory memory;
    const size_t room = header.control ? std::min(header.control_length, most_received_control) : 0;
    control_writer control(TRY(memory.reserve(room)));

    io_buffer data(io_buffer::memory::application, segments.segments());
    socket_address from;
    incoming_message message{data, header.name ? &from : nullptr, &control, flags};
    const size_t received = TRY(socket.receive(message));

    const auto field = [&](size_t offset) { return where.address() + offset; };
    if (header.name)
        TRY(from.write(virt_addr(header.name), user_ptr<s32>(field(offsetof(msghdr, name_length)))));
    if (control.used())
        TRY(mm::copy_to_user(virt_addr(header.control), control.bytes().data(), control.used()));
    const u32 marks = message.marks | (control.truncated() ? msg_ctrunc : 0) | (flags & msg_cmsg_cloexec);
    TRY(user_ptr<u64>(field(offsetof(msghdr, control_length))).write(control.used()));
    TRY(user_ptr<u32>(field(offsetof(msghdr, flags))).write(marks));
    return received;
}
} // namespace

result<size_t> sys_recvfrom(int descriptor, virt_addr bytes, size_t count, u32 flags, virt_addr address,
                            user_ptr<s32> length)
{
    const used_socket socket(descriptor);
    TRY(socket.found());
    TRY(check_range(bytes, count));
    io_buffer data(io_buffer::memory::application, bytes, std::min(count, max_transfer));
    socket_address from;
    incoming_message message{data, address.value ? &from : nullptr, nullptr, flags};
    const size_t received = TRY(socket->receive(message));
    if (address.value)
        TRY(from.write(address, length));
    return received;
}

result<size_t> sys_recvmsg(int descriptor, user_ptr<msghdr> message, u32 flags)
{
    const used_socket socket(descriptor);
    TRY(socket.found());
    return receive_one(*socket, message, flags);
}

result<u32> sys_recvmmsg(int descriptor, user_ptr<mmsghdr> messages, u32 count, u32 flags,
                         user_ptr<timespec> timeout)
{
    instant deadline = timekeeping::never;
    if (timeout)
        deadline = TRY(deadline_in(TRY(timeout.read())));
    const used_socket socket(descriptor);
    TRY(socket.found());
    count = std::min(count, static_cast<u32>(iov_max));
    u32 done = 0;
    while (done < count) {
        const auto message = messages + done;
        const auto received = receive_one(*socket, message.as<msghdr>(), flags & ~msg_waitforone);
        if (!received) {
            if (done == 0)
                return fail(received.error());
            break;
        }
        TRY(user_ptr<u32>(message.address() + offsetof(mmsghdr, length)).write(static_cast<u32>(*received)));
        done++;
        if (flags & msg_waitforone)
            flags |= msg_dontwait;
        // As Linux: the time-out is looked at after each message, so it does not end a wait.
        if (deadline != timekeeping::never && (deadline == do_not_wait || timekeeping::now() >= deadline))
            break;
    }
    if (timeout && deadline != timekeeping::never)
        TRY(timeout.write(time_left(deadline)));
    return done;
}
} // namespace linux
