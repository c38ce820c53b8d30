// socket and socketpair.
#include "linux/files/context.hh"
#include "linux/socket/calls.hh"
#include "linux/socket/inet/inet_file.hh"
#include "linux/socket/netlink/netlink_file.hh"
#include "linux/socket/unix/unix_file.hh"
#include "linux/syscall/refusal.hh"

namespace linux
{
namespace
{
constexpr u64 number_of_socket = 41;

result<u32> type_of(u32 argument)
{
    if (argument & ~(sock_type_mask | sock_nonblock | sock_cloexec))
        return fail(errc::einval);
    return argument & sock_type_mask;
}

on_exec exec_mode(u32 argument)
{
    return argument & sock_cloexec ? on_exec::close : on_exec::keep;
}

result<ref_ptr<socket_file>> make_socket(int family, u32 type, int protocol, u32 flags)
{
    if (family < 0 || family >= af_max)
        return fail(errc::eafnosupport);
    if (type >= sock_max)
        return fail(errc::einval);
    switch (family) {
    case af_unix:
        return unix_file::create(type, protocol, flags);
    case af_inet:
    case af_inet6:
        return inet_file::create(static_cast<u16>(family), type, protocol, flags);
    case af_netlink:
        return netlink_file::create(type, protocol, flags);
    default:
        note_refused(number_of_socket, "socket: address family", static_cast<u64>(family));
        return fail(errc::eafnosupport);
    }
}
} // namespace

result<int> sys_socket(int family, u32 type, int protocol)
{
    auto made = TRY(make_socket(family, TRY(type_of(type)), protocol, type & sock_nonblock));
    return descriptors().install(std::move(made), exec_mode(type));
}

result<void> sys_socketpair(int family, u32 type, int protocol, user_ptr<int> out)
{
    const u32 kind = TRY(type_of(type));
    if (family != af_unix) {
        (void)TRY(make_socket(family, kind, protocol, 0));
        return fail(errc::eopnotsupp);
    }
    auto first = TRY(unix_file::create(kind, protocol, type & sock_nonblock));
    auto second = TRY(unix_file::create(kind, protocol, type & sock_nonblock));
    unix_endpoint::join(first->endpoint(), second->endpoint());

    auto& table = descriptors();
    const int a = TRY(table.install(std::move(first), exec_mode(type)));
    const auto b = table.install(std::move(second), exec_mode(type));
    if (!b) {
        (void)table.close(a);
        return fail(b.error());
    }
    const int both[2] = {a, *b};
    if (const auto told = mm::copy_to_user(out.address(), both, sizeof both); !told) {
        (void)table.close(a);
        (void)table.close(*b);
        return fail(told.error());
    }
    return {};
}
} // namespace linux
