#include "linux/socket/netlink/netlink_file.hh"

#include <algorithm>

#include "linux/task/task.hh"

namespace linux
{
namespace
{
constexpr size_t largest_request = 32768;

constinit std::atomic<bool> program_port_in_use{false};
constinit std::atomic<u32> next_port{0xffff'efff}; // where Linux begins too, when the process's id is taken
} // namespace

result<ref_ptr<socket_file>> netlink_file::create(u32 type, s32 protocol, u32 flags)
{
    if (type != sock_raw && type != sock_dgram)
        return fail(errc::esocktnosupport);
    if (protocol != netlink_route)
        return fail(errc::eprotonosupport);
    return make_ref<netlink_file>(TRY(make_socket_inode()), type, protocol, flags);
}

netlink_file::netlink_file(ref_ptr<vfs::inode> inode, u32 type, s32 protocol, u32 flags)
    : socket_file(std::move(inode), flags, af_netlink, type, protocol)
{
}

netlink_file::~netlink_file()
{
    _received.clear_and_dispose([](datagram* d) { delete d; });
    if (_port.load() == static_cast<u32>(current_program().pid()))
        program_port_in_use.store(false);
}

/// The program's id for the first socket, others get numbers that no process has.
u32 netlink_file::choose_port()
{
    u32 port = _port.load(std::memory_order_relaxed);
    if (port)
        return port;
    const auto chosen = program_port_in_use.exchange(true) ? next_port.fetch_sub(1)
                                                           : static_cast<u32>(current_program().pid());
    return _port.compare_exchange_strong(port, chosen) ? chosen : port;
}

result<void> netlink_file::bind(const socket_address& local)
{
    if (local.length() < sizeof(sockaddr_nl) || local.family() != af_netlink)
        return fail(errc::einval);
    const auto wanted = local.as<sockaddr_nl>();
    const u32 port = _port.load(std::memory_order_relaxed);
    if (port && wanted.port && wanted.port != port)
        return fail(errc::einval);
    if (!port && wanted.port == static_cast<u32>(current_program().pid()) &&
        program_port_in_use.exchange(true))
        return fail(errc::eaddrinuse);
    if (!port && wanted.port)
        _port.store(wanted.port, std::memory_order_relaxed);
    choose_port();
    _groups.store(wanted.groups, std::memory_order_relaxed);
    return {};
}

result<void> netlink_file::connect(const socket_address& peer, wait_rule&)
{
    if (peer.family() == af_unspec && peer.length() >= sizeof(u16))
        return {};
    if (peer.family() != af_netlink || peer.length() < sizeof(sockaddr_nl))
        return fail(errc::einval);
    if (peer.as<sockaddr_nl>().port != 0)
        return fail(errc::econnrefused);
    choose_port();
    return {};
}

result<size_t> netlink_file::try_send(outgoing_message& message)
{
    if (message.flags & msg_oob)
        return fail(errc::eopnotsupp);
    if (message.to) {
        if (message.to->length() < sizeof(sockaddr_nl) || message.to->family() != af_netlink)
            return fail(errc::einval);
        const auto to = message.to->as<sockaddr_nl>();
        if (to.port != 0 || to.groups != 0)
            return fail(errc::econnrefused);
    }
    const size_t length = message.data.remaining();
    if (length > largest_request)
        return fail(errc::emsgsize);
    auto bytes = TRY(try_make_unique<std::byte[]>(std::max<size_t>(length, 1)));
    if (message.data.copy_in({bytes.get(), length}) < length)
        return fail(errc::efault);
    std::span<const std::byte> left(bytes.get(), length);
    const u32 port = choose_port();
    while (const auto request = next_request(left))
        (void)answer_request(*request, port, *this); // a reader hears of lost answers
    return length;
}

/// An answer for our reader. Errors: enobufs (it reads too slowly), enomem.
result<void> netlink_file::take(std::span<const std::byte> answer)
{
    const auto outcome = [&]() -> result<void> {
        auto made = TRY(try_make_unique<datagram>());
        made->bytes = TRY(try_make_unique<std::byte[]>(answer.size()));
        made->length = answer.size();
        std::copy(answer.begin(), answer.end(), made->bytes.get());
        lock_guard guard{_lock};
        if (_received_bytes + answer.size() > _options.receive_buffer())
            return fail(errc::enobufs);
        _received_bytes += answer.size();
        _received.push_back(*made.release());
        return {};
    }();
    if (!outcome)
        WITH_LOCK(_lock)
        {
            _overrun = true;
        }
    _queue.wake_one(net::event::in | net::event::error);
    return outcome;
}

netlink_file::datagram* netlink_file::first()
{
    lock_guard guard{_lock};
    return _received.empty() ? nullptr : &_received.front();
}

result<size_t> netlink_file::try_receive(incoming_message& message)
{
    if (message.flags & (msg_oob | msg_errqueue))
        return fail(message.flags & msg_oob ? errc::eopnotsupp : errc::eagain);
    lock_guard reading{_reading};
    datagram* const d = first();
    if (!d) {
        lock_guard guard{_lock};
        return fail(std::exchange(_overrun, false) ? errc::enobufs : errc::eagain);
    }
    const size_t length = std::min(d->length, message.data.remaining());
    if (message.data.copy_out(d->all().first(length)) < length)
        return fail(errc::efault);
    if (length < d->length)
        message.marks |= msg_trunc;
    if (message.from)
        *message.from = socket_address::of(sockaddr_nl{af_netlink, 0, 0, 0});
    if (message.control && _options.is_on(so_passcred))
        message.control->put(sol_socket, scm_credentials, ucred{0, 0, 0});
    const size_t answer = message.flags & msg_trunc ? d->length : length;
    if (message.flags & msg_peek)
        return answer;
    unique_ptr<datagram> read;
    lock_guard guard{_lock};
    read.reset(d);
    _received.pop_front();
    _received_bytes -= d->length;
    return answer;
}

result<socket_address> netlink_file::local_address()
{
    return socket_address::of(sockaddr_nl{af_netlink, 0, _port.load(), _groups.load()});
}

result<socket_address> netlink_file::peer_address()
{
    return socket_address::of(sockaddr_nl{af_netlink, 0, 0, 0});
}

result<void> netlink_file::set_option(int level, int name, std::span<const std::byte> value)
{
    if (level == sol_socket)
        return _options.set(name, value);
    if (level != sol_netlink)
        return fail(errc::enoprotoopt);
    const s32 number = TRY(option_number(value));
    switch (name) {
    case netlink_add_membership:
    case netlink_drop_membership:
        if (number < 1 || number > 64)
            return fail(errc::einval);
        if (number <= 32) {
            const u32 bit = 1u << (number - 1);
            if (name == netlink_add_membership)
                _groups.fetch_or(bit);
            else
                _groups.fetch_and(~bit);
        }
        return {};
    case netlink_pktinfo:
    case netlink_broadcast_error:
    case netlink_no_enobufs:
    case netlink_ext_ack:
    case netlink_get_strict_chk:
        return {};
    default:
        return fail(errc::enoprotoopt);
    }
}

result<size_t> netlink_file::get_option(int level, int name, std::span<std::byte> value)
{
    if (level == sol_socket)
        return name == so_error ? give_option(value, s32{0}) : _options.get(name, value);
    if (level != sol_netlink || name < netlink_pktinfo || name > netlink_get_strict_chk)
        return fail(errc::enoprotoopt);
    return give_option(value, s32{0});
}

u32 netlink_file::events()
{
    lock_guard guard{_lock};
    return net::event::writable | (_received.empty() ? 0 : net::event::readable & ~net::event::read_hang_up) |
           (_overrun ? net::event::error : 0);
}

result<u32> netlink_file::readable_bytes()
{
    lock_guard guard{_lock};
    return _received.empty() ? u32{0} : static_cast<u32>(_received.front().length);
}
} // namespace linux
