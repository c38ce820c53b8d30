#include "linux/socket/inet/inet_file.hh"

#include "linux/abi/inet.hh"
#include "linux/abi/ioctl.hh"
#include "linux/socket/inet/control_data.hh"
#include "net/stack.hh"

namespace linux
{
namespace
{
u16 family_of(const net::socket& socket)
{
    return socket.family() == net::family::ipv6 ? af_inet6 : af_inet;
}
} // namespace

result<ref_ptr<socket_file>> inet_file::create(u16 family, u32 type, s32 protocol, u32 flags)
{
    if (protocol < 0 || protocol >= ipproto_max)
        return fail(errc::einval);
    if (type == 0 || type == sock_dccp || type == sock_packet || type == sock_rdm)
        return fail(errc::esocktnosupport);
    if (protocol > 0xff)
        return fail(errc::eprotonosupport);
    auto socket =
        TRY(net::the_stack().make_socket(family == af_inet6 ? net::family::ipv6 : net::family::ipv4,
                                         static_cast<net::socket_type>(type), static_cast<u8>(protocol)));
    return make_ref<inet_file>(TRY(make_socket_inode()), std::move(socket), flags);
}

inet_file::inet_file(ref_ptr<vfs::inode> inode, ref_ptr<net::socket> socket, u32 flags)
    : socket_file(std::move(inode), flags, family_of(*socket), static_cast<u32>(socket->type()),
                  static_cast<s32>(socket->protocol())),
      _socket(std::move(socket))
{
}

result<void> inet_file::bind(const socket_address& local)
{
    const auto in = local.as<sockaddr_in>();
    if (!is_ipv6() && local.family() == af_unspec && local.length() >= sizeof in && in.address == 0)
        return _socket->bind({net::ip_address::any(net::family::ipv4), swap16(in.port), 0}); // old programs
    return _socket->bind(TRY(endpoint_of(local, _socket->family())));
}

result<void> inet_file::connect(const socket_address& peer, wait_rule& rule)
{
    if (peer.length() < sizeof(u16))
        return fail(errc::einval);
    if (peer.family() == af_unspec)
        return _socket->disconnect();
    const auto to = TRY(endpoint_of(peer, _socket->family()));
    errc pending = errc::eagain;
    const auto connected = wait_until_done(queue(), net::event::writable, rule, [&]() -> result<void> {
        const auto answer = _socket->connect(to);
        if (answer || (answer.error() != errc::einprogress && answer.error() != errc::ealready))
            return answer;
        pending = answer.error();
        return fail(errc::eagain); // the next call tells how it went
    });
    if (!connected && connected.error() == errc::eagain)
        return fail(rule.may_wait() ? errc::einprogress : pending);
    return connected;
}

result<ref_ptr<socket_file>> inet_file::try_accept(u32 flags)
{
    auto accepted = TRY(_socket->accept());
    auto inode = make_socket_inode();
    if (!inode) {
        accepted->close();
        return fail(inode.error());
    }
    auto made = make_ref<inet_file>(inode.take(), accepted, flags);
    if (!made) {
        accepted->close();
        return fail(made.error());
    }
    return made;
}

result<size_t> inet_file::try_send(outgoing_message& message)
{
    const net::send_options options{.more = (message.flags & msg_more) != 0,
                                    .out_of_band = (message.flags & msg_oob) != 0};
    if (message.to || !message.control.empty())
        return send_with_info(message, options);
    return _socket->send(message.data, nullptr, options);
}

/// To an address, or with control data; out of line, as what follows, for the sake of the calls without.
[[gnu::noinline]] result<size_t> inet_file::send_with_info(outgoing_message& message,
                                                           net::send_options options)
{
    net::message_info info;
    if (message.to && type() != sock_stream && message.to->family() != af_unspec)
        info.address = TRY(endpoint_of(*message.to, _socket->family()));
    if (!message.control.empty())
        TRY(read_control(*_socket, info, message.control));
    return _socket->send(message.data, &info, options);
}

result<size_t> inet_file::try_receive(incoming_message& message)
{
    if (message.flags & msg_errqueue)
        return receive_error(message);
    const net::receive_options options{.peek = (message.flags & msg_peek) != 0,
                                       .out_of_band = (message.flags & msg_oob) != 0,
                                       .truncate_length = (message.flags & msg_trunc) != 0};
    if (message.from || message.control)
        return receive_with_info(message, options);
    return _socket->receive(message.data, nullptr, options);
}

/// The program asks who sent it, or for control data.
[[gnu::noinline]] result<size_t> inet_file::receive_with_info(incoming_message& message,
                                                              net::receive_options options)
{
    net::message_info info;
    const size_t bytes = TRY(_socket->receive(message.data, &info, options));
    if (info.truncated)
        message.marks |= msg_trunc;
    if (message.from && info.address)
        *message.from = address_of(*info.address, _socket->family());
    if (message.control)
        write_control(*_socket, *message.control, info);
    return bytes;
}

/// MSG_ERRQUEUE: what ICMP told of a packet of ours, and what it quoted of it.
[[gnu::noinline]] result<size_t> inet_file::receive_error(incoming_message& message)
{
    net::message_info info;
    const size_t quoted = TRY(_socket->receive(message.data, &info, {.error_queue = true}));
    const auto error = _socket->take_queued_error();
    if (!error)
        return fail(errc::eagain);
    message.marks |= msg_errqueue | (info.truncated ? msg_trunc : 0);
    if (message.from)
        *message.from = address_of(error->destination, _socket->family());
    if (message.control)
        write_error(*_socket, *message.control, *error);
    return quoted;
}

result<socket_address> inet_file::local_address()
{
    return address_of(_socket->local(), _socket->family());
}

result<socket_address> inet_file::peer_address()
{
    return address_of(TRY(_socket->peer()), _socket->family());
}

size_t inet_file::receive_low_water()
{
    const auto bytes = _socket->get_option(net::option::receive_low_water);
    return bytes ? static_cast<size_t>(*bytes) : 1;
}

result<u64> inet_file::control(u32 request, virt_addr argument)
{
    constexpr u32 at_urgent_mark = 0x8905; // SIOCATMARK
    if (request != at_urgent_mark || type() != sock_stream)
        return socket_file::control(request, argument);
    TRY(mm::user_ptr<int>(argument).write(0)); // urgent data is not kept apart
    return u64{0};
}
} // namespace linux
