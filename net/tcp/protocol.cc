#include "net/tcp/protocol.hh"

namespace net::tcp
{
result<unique_ptr<protocol>> protocol::create(net::stack&)
{
    return try_make_unique<protocol>();
}
void protocol::receive(packet_ptr, const ip_info&) {}
void protocol::error(const icmp_error&, std::span<const std::byte>) {}
result<ref_ptr<socket>> protocol::make_socket(family)
{
    return fail(errc::eprotonosupport);
}
} // namespace net::tcp
