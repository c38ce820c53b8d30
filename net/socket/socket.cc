// What a kind of socket does not have; see socket.hh.
#include "net/socket/socket.hh"

namespace net
{
result<void> socket::set_linger(linger)
{
    return {};
}
result<void> socket::join_group(const ip_address&, const ip_address&, u32)
{
    return fail(errc::enoprotoopt);
}
result<void> socket::leave_group(const ip_address&, const ip_address&, u32)
{
    return fail(errc::enoprotoopt);
}
result<size_t> socket::describe_tcp(std::span<std::byte>) const
{
    return fail(errc::enoprotoopt);
}
result<void> socket::set_congestion_control(std::string_view)
{
    return fail(errc::enoprotoopt);
}
} // namespace net
