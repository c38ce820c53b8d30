// Files below /proc/net about interfaces, addresses, routes and neighbours (proc(5)).
#include "linux/proc/generators.hh"
#include "linux/proc/hexadecimal.hh"
#include "linux/socket/interface_facts.hh"
#include "net/neighbour/neighbours.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"

namespace proc
{
namespace
{
template <class Visit>
void each_interface(Visit visit)
{
    auto& all = net::the_stack().interfaces();
    for (auto* i = &all.loopback(); i; i = all.next(*i))
        visit(*i);
}

/// The bits of an IPv4 prefix as Linux prints addresses: in the machine's byte order.
u32 printed_mask(u8 length)
{
    return linux::swap32(length ? ~u32{0} << (32 - length) : 0);
}

void add_mac(text& out, const mac_address& mac)
{
    for (size_t i = 0; i < mac.size(); i++)
        out.add(i ? ":" : "").hex(mac[i], 2);
}
} // namespace

result<void> network_devices(text& out, const numbers&)
{
    out.add(
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo "
        "colls carrier compressed\n");
    each_interface([&](net::interface& i) {
        for (size_t n = i.name().size(); n < 6; n++)
            out.add(" ");
        out.add(i.name()).add(": ");
        static const network_device::statistics none;
        const auto& c = i.device() ? i.device()->counters() : none;
        out.decimal(c.received_bytes, 7).add(" ").decimal(c.received_packets, 7).add(" ");
        out.decimal(c.received_errors, 4).add(" ").decimal(c.received_dropped, 4);
        out.add("    0     0          0         0 ");
        out.decimal(c.sent_bytes, 8).add(" ").decimal(c.sent_packets, 7).add(" ");
        out.decimal(c.sent_errors, 4)
            .add(" ")
            .decimal(c.sent_dropped, 4)
            .add("    0     0       0          0\n");
    });
    return {};
}

result<void> ipv4_routes(text& out, const numbers&)
{
    constexpr u32 up = 1, by_gateway = 2, host = 4;
    out.add("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT");
    out.pad_to(127).add("\n");
    net::the_stack().routes().for_each([&](const net::route& r) {
        if (!r.destination.is_ipv4() || !r.out || r.out->is_loopback())
            return; // as on Linux: what stays on this machine is in another table
        const bool has_gateway = !r.gateway.is_any();
        out.add(r.out->name()).add("\t");
        capital_hex(out, linux::big_endian(r.destination), 8);
        capital_hex(out.add("\t"), has_gateway ? linux::big_endian(r.gateway) : 0, 8);
        capital_hex(out.add("\t"), up | (has_gateway ? by_gateway : 0) | (r.prefix_length == 32 ? host : 0),
                    4);
        out.format("\t0\t0\t{}\t", r.metric);
        capital_hex(out, printed_mask(r.prefix_length), 8);
        out.add("\t0\t0\t0").pad_to(127).add("\n");
    });
    return {};
}

result<void> ipv6_addresses(text& out, const numbers&)
{
    constexpr u32 scope_host = 0x10, scope_link = 0x20, permanent = 0x80, tentative = 0x40;
    each_interface([&](net::interface& i) {
        i.addresses().for_each([&](const net::interface_address& a) {
            if (a.address.is_ipv4())
                return;
            for (const u8 byte : a.address.bytes())
                out.hex(byte, 2);
            out.add(" ").hex(i.index(), 2).add(" ").hex(a.prefix_length, 2).add(" ");
            out.hex(a.address.is_loopback() ? scope_host : a.address.is_link_local() ? scope_link : 0, 2);
            out.add(" ");
            out.hex((a.valid_until == timekeeping::never ? permanent : 0) |
                        (a.state == net::address_state::tentative ? tentative : 0),
                    2);
            out.add(" ");
            for (size_t n = i.name().size(); n < 8; n++)
                out.add(" ");
            out.add(i.name()).add("\n");
        });
    });
    return {};
}

result<void> arp_table(text& out, const numbers&)
{
    out.add("IP address       HW type     Flags       HW address            Mask     Device\n");
    net::the_stack().neighbours().for_each([&](const net::neighbours::description& n) {
        if (!n.address.is_ipv4())
            return;
        const auto* const on = net::the_stack().interfaces().by_index(n.interface_index);
        const u32 a = n.address.as_ipv4().value;
        char address[20];
        const size_t length = klog::format(address, sizeof address, "{}.{}.{}.{}", a >> 24, a >> 16 & 0xff,
                                           a >> 8 & 0xff, a & 0xff);
        out.add({address, length}).pad_to(0);
        for (size_t i = length; i < 17; i++)
            out.add(" ");
        out.add("0x1         ").add(n.known ? "0x2         " : "0x0         ");
        add_mac(out, n.mac);
        out.add("     *        ").add(on ? on->name() : std::string_view("?")).add("\n");
    });
    return {};
}
} // namespace proc
