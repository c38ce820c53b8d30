// getsockopt and setsockopt: what is the same for all families is here, the rest is the socket's.
#include <algorithm>

#include "linux/socket/arguments.hh"
#include "linux/socket/calls.hh"
#include "linux/socket/plain_options.hh"

namespace linux
{
namespace
{
/// The longest value that any option takes; longer ones are cut, as nobody looks behind it.
constexpr size_t longest_option = 512;

bool is_receive_limit(int name)
{
    return name == so_rcvtimeo || name == so_rcvtimeo_new;
}
bool is_send_limit(int name)
{
    return name == so_sndtimeo || name == so_sndtimeo_new;
}

/// SO_RCVTIMEO and SO_SNDTIMEO: none is for ever, a negative one does not wait.
result<s64> read_limit(std::span<const std::byte> value)
{
    timeval limit;
    if (value.size() < sizeof limit)
        return fail(errc::einval);
    std::memcpy(&limit, value.data(), sizeof limit);
    if (limit.microseconds < 0 || limit.microseconds >= 1'000'000)
        return fail(errc::edom);
    if (limit.seconds < 0)
        return s64{1};
    constexpr s64 most_seconds = 1'000'000'000;
    if (limit.seconds > most_seconds)
        return s64{0};
    return limit.seconds * 1'000'000'000 + limit.microseconds * 1000;
}

size_t give_limit(std::span<std::byte> out, s64 limit)
{
    const s64 microseconds = limit / 1000;
    return give_option(out, timeval{microseconds / 1'000'000, microseconds % 1'000'000});
}

result<void> set_option(socket_file& socket, int level, int name, std::span<const std::byte> value)
{
    if (level == sol_socket) {
        if (is_receive_limit(name)) {
            socket.receive_limit.store(TRY(read_limit(value)), std::memory_order_relaxed);
            return {};
        }
        if (is_send_limit(name)) {
            socket.send_limit.store(TRY(read_limit(value)), std::memory_order_relaxed);
            return {};
        }
        if (name == so_type || name == so_protocol || name == so_domain || name == so_error)
            return fail(errc::enoprotoopt);
    }
    return socket.set_option(level, name, value);
}

result<size_t> get_option(socket_file& socket, int level, int name, std::span<std::byte> value)
{
    if (level != sol_socket)
        return socket.get_option(level, name, value);
    if (is_receive_limit(name))
        return give_limit(value, socket.receive_limit.load(std::memory_order_relaxed));
    if (is_send_limit(name))
        return give_limit(value, socket.send_limit.load(std::memory_order_relaxed));
    switch (name) {
    case so_type:
        return give_option(value, socket.type());
    case so_domain:
        return give_option(value, s32{socket.family()});
    case so_protocol:
        return give_option(value, socket.protocol());
    case so_acceptconn:
        return give_option(value, s32{socket.listening()});
    case so_cookie:
    case so_netns_cookie:
        if (value.size() < sizeof(u64))
            return fail(errc::einval);
        return give_option(value, name == so_cookie ? socket.inode().number() : u64{1});
    case so_peername: {
        const auto peer = TRY(socket.peer_address());
        if (peer.length() < value.size())
            return fail(errc::einval);
        std::memcpy(value.data(), peer.bytes().data(), value.size());
        return value.size();
    }
    default:
        return socket.get_option(level, name, value);
    }
}
} // namespace

result<void> sys_setsockopt(int descriptor, int level, int name, virt_addr value, s32 length)
{
    if (length < 0)
        return fail(errc::einval);
    const used_socket socket(descriptor);
    TRY(socket.found());
    control_memory memory;
    const auto copy = TRY(memory.reserve(std::min(static_cast<size_t>(length), longest_option)));
    TRY(mm::copy_from_user(copy.data(), value, copy.size()));
    return set_option(*socket, level, name, copy);
}

result<void> sys_getsockopt(int descriptor, int level, int name, virt_addr value, user_ptr<s32> length)
{
    const used_socket socket(descriptor);
    TRY(socket.found());
    const s32 room = TRY(length.read());
    if (room < 0)
        return fail(errc::einval);
    control_memory memory;
    const auto answer = TRY(memory.reserve(std::min(static_cast<size_t>(room), longest_option)));
    const size_t bytes = TRY(get_option(*socket, level, name, answer));
    TRY(mm::copy_to_user(value, answer.data(), bytes));
    return length.write(static_cast<s32>(bytes));
}
} // namespace linux
