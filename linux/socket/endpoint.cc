// Between sockaddr_in, sockaddr_in6 and the network's endpoints.
#include <algorithm>

#include "linux/socket/address.hh"

namespace linux
{
result<net::endpoint> endpoint_of(const socket_address& address, net::family wanted)
{
    if (wanted == net::family::ipv4) {
        if (address.length() < sizeof(sockaddr_in))
            return fail(errc::einval);
        const auto in = address.as<sockaddr_in>();
        if (in.family != af_inet)
            return fail(errc::eafnosupport);
        return net::endpoint{ip_address_of(in.address), swap16(in.port), 0};
    }
    if (address.family() == af_inet6) {
        constexpr size_t without_scope = 24; // RFC 2133's, still taken
        if (address.length() < without_scope)
            return fail(errc::einval);
        const auto in = address.as<sockaddr_in6>();
        return net::endpoint{ip_address_of(in.address), swap16(in.port), in.scope};
    }
    return fail(address.length() < sizeof(u16) ? errc::einval : errc::eafnosupport);
}

socket_address address_of(const net::endpoint& where, net::family shown_as)
{
    if (shown_as == net::family::ipv4) {
        const u32 number = where.address.is_ipv4() ? big_endian(where.address) : 0;
        return socket_address::of(
            sockaddr_in{.family = af_inet, .port = swap16(where.port), .address = number, .zero = {}});
    }
    sockaddr_in6 in{
        .family = af_inet6, .port = swap16(where.port), .flow_info = 0, .address = {}, .scope = where.scope};
    const bool any = where.address.is_any();
    if (!any)
        std::copy_n(where.address.bytes().data(), sizeof in.address, in.address);
    return socket_address::of(in);
}
} // namespace linux
