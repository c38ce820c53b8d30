// bind, connect, listen, accept, shutdown, and the names of both ends.
#include <algorithm>

#include "linux/files/context.hh"
#include "linux/socket/arguments.hh"
#include "linux/socket/calls.hh"

namespace linux
{
result<void> sys_bind(int descriptor, virt_addr address, s32 length)
{
    const used_socket socket(descriptor);
    TRY(socket.found());
    socket_address local;
    TRY(local.read(address, length));
    return socket->bind(local);
}

result<void> sys_connect(int descriptor, virt_addr address, s32 length)
{
    const used_socket socket(descriptor);
    TRY(socket.found());
    socket_address peer;
    TRY(peer.read(address, length));
    return socket->connect(peer);
}

result<void> sys_listen(int descriptor, s32 backlog)
{
    const used_socket socket(descriptor);
    TRY(socket.found());
    return socket->listen(std::min(static_cast<u32>(backlog), somaxconn));
}

result<int> sys_accept(int descriptor, virt_addr address, user_ptr<s32> length)
{
    return sys_accept4(descriptor, address, length, 0);
}

result<int> sys_accept4(int descriptor, virt_addr address, user_ptr<s32> length, u32 flags)
{
    if (flags & ~(sock_nonblock | sock_cloexec))
        return fail(errc::einval);
    const used_socket socket(descriptor);
    TRY(socket.found());
    auto accepted = TRY(socket->accept(flags & sock_nonblock));
    if (address.value) {
        // The other side may be gone already; then its name is too.
        const auto peer = accepted->peer_address();
        if (!peer)
            return fail(errc::econnaborted);
        TRY((*peer).write(address, length));
    }
    return descriptors().install(std::move(accepted), flags & sock_cloexec ? on_exec::close : on_exec::keep);
}

result<void> sys_getsockname(int descriptor, virt_addr address, user_ptr<s32> length)
{
    const used_socket socket(descriptor);
    TRY(socket.found());
    return TRY(socket->local_address()).write(address, length);
}

result<void> sys_getpeername(int descriptor, virt_addr address, user_ptr<s32> length)
{
    const used_socket socket(descriptor);
    TRY(socket.found());
    return TRY(socket->peer_address()).write(address, length);
}

result<void> sys_shutdown(int descriptor, int how)
{
    const used_socket socket(descriptor);
    TRY(socket.found());
    if (how < shut_rd || how > shut_rdwr)
        return fail(errc::einval);
    return socket->shutdown(static_cast<net::socket::direction>(how));
}
} // namespace linux
