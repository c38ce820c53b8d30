// What NETLINK_ROUTE answers: interfaces, addresses, routes, and errors for everything else.
#pragma once

#include "core/base/result.hh"
#include "linux/socket/netlink/request.hh"
#include "linux/socket/netlink/writer.hh"

namespace linux
{
/// Where answers go: called with each datagram.
class netlink_sink
{
  public:
    virtual result<void> take(std::span<const std::byte> datagram) = 0;

  protected:
    ~netlink_sink() = default;
};

/// Answers one request of the socket with this port. Errors: enomem; what is wrong with the request goes to
/// the sink.
result<void> answer_request(const netlink_request& request, u32 port, netlink_sink& sink);
} // namespace linux
