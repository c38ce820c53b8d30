// What programs hand to sockets as bytes: control messages, addresses, netlink requests.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "linux/socket/address.hh"
#include "linux/socket/control.hh"
#include "linux/socket/netlink/request.hh"

namespace
{
void control(std::span<const std::byte> sent)
{
    // What was read and written again reads the same.
    std::vector<std::byte> copy(sent.size() + 64);
    linux::control_writer out(copy);
    size_t count = 0;
    for (linux::control_reader reader(sent); reader.more();) {
        const auto message = reader.next();
        if (!message)
            break;
        out.put(message->level, message->type, message->data);
        count++;
    }
    if (out.used() > copy.size())
        std::abort();
    if (out.truncated())
        return;
    for (linux::control_reader reader(out.bytes()); reader.more(); count--)
        if (!reader.next())
            std::abort();
    if (count != 0)
        std::abort();
}

void addresses(std::span<const std::byte> sent)
{
    linux::socket_address address;
    address.assign(sent.first(std::min(sent.size(), linux::sockaddr_storage_size)));
    for (const auto family : {net::family::ipv4, net::family::ipv6}) {
        const auto where = linux::endpoint_of(address, family);
        if (where && linux::endpoint_of(linux::address_of(*where, family), family).error() != errc{})
            std::abort();
    }
}

void netlink(std::span<const std::byte> sent)
{
    while (const auto request = linux::next_request(sent)) {
        (void)request->family();
        (void)request->as<linux::ifinfomsg>();
        const auto name = linux::find_attribute(request->body, sizeof(linux::ifinfomsg), linux::ifla_ifname);
        if (name.size() > request->body.size())
            std::abort();
    }
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    // A copy of its own size, so that the sanitizer sees a read behind the end.
    const std::vector<std::byte> bytes(reinterpret_cast<const std::byte*>(data),
                                       reinterpret_cast<const std::byte*>(data) + size);
    control(bytes);
    addresses(bytes);
    netlink(bytes);
    return 0;
}
