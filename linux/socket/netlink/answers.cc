#include "linux/socket/netlink/answers.hh"

#include <array>
#include <optional>

#include "linux/abi/socket.hh"
#include "linux/socket/interface_facts.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"

namespace linux
{
namespace
{
/// The parts of one dump, cut into datagrams where they are full.
class dump
{
  public:
    dump(const netlink_request& request, u32 port, netlink_writer& out, netlink_sink& sink)
        : _header{0, 0, nlm_f_multi, request.header.sequence, port}, _out(out), _sink(sink)
    {
    }

    nlmsghdr header(u16 type) const
    {
        nlmsghdr made = _header;
        made.type = type;
        return made;
    }
    netlink_writer& out() { return _out; }

    /// `write` writes one message; it is called again where it did not fit.
    template <class Write>
    void message(Write write)
    {
        write(_out);
        if (_out.finish() || !flush())
            return;
        write(_out);
        (void)_out.finish();
    }
    result<void> end()
    {
        message([&](netlink_writer& out) { out.begin(header(nlmsg_done), s32{0}); });
        flush();
        return _outcome;
    }

  private:
    bool flush()
    {
        if (_outcome && !_out.empty())
            _outcome = _sink.take(_out.bytes());
        _out.clear();
        return _outcome.has_value();
    }

    const nlmsghdr _header;
    netlink_writer& _out;
    netlink_sink& _sink;
    result<void> _outcome;
};

void write_link(netlink_writer& out, const nlmsghdr& header, const net::interface& i)
{
    const bool loopback = i.is_loopback();
    out.begin(header, ifinfomsg{.family = af_unspec,
                                .padding = 0,
                                .type = loopback ? arphrd_loopback : arphrd_ether,
                                .index = static_cast<s32>(i.index()),
                                .flags = interface_flags(i),
                                .change = 0});
    out.text(ifla_ifname, i.name());
    out.attribute(ifla_txqlen, u32{1000});
    out.attribute(ifla_operstate, loopback ? if_oper_unknown : i.running() ? if_oper_up : if_oper_down);
    out.attribute(ifla_linkmode, u8{0});
    out.attribute(ifla_mtu, i.mtu());
    out.attribute(ifla_group, u32{0});
    out.attribute(ifla_carrier, u8{i.running()});
    out.text(ifla_qdisc, "noqueue");
    out.attribute(ifla_address, i.mac());
    mac_address everybody{};
    if (!loopback)
        everybody.fill(0xff);
    out.attribute(ifla_broadcast, everybody);
    rtnl_link_stats64 counts{};
    if (auto* const device = i.device()) {
        const auto& c = device->counters();
        counts.received_packets = c.received_packets;
        counts.sent_packets = c.sent_packets;
        counts.received_bytes = c.received_bytes;
        counts.sent_bytes = c.sent_bytes;
        counts.received_errors = c.received_errors;
        counts.sent_errors = c.sent_errors;
        counts.received_dropped = c.received_dropped;
        counts.sent_dropped = c.sent_dropped;
    }
    out.attribute(ifla_stats64, counts);
}

/// An address as attributes carry it: 4 or 16 bytes.
void address_attribute(netlink_writer& out, u16 type, const net::ip_address& a)
{
    const auto& bytes = a.bytes();
    if (a.is_ipv4())
        out.attribute(type, bytes.data() + 12, 4);
    else
        out.attribute(type, bytes);
}

u8 family_of(const net::ip_address& a)
{
    return a.is_ipv4() ? u8{af_inet} : u8{af_inet6};
}

void write_address(netlink_writer& out, const nlmsghdr& header, const net::interface& i,
                   const net::interface_address& a)
{
    u32 flags = a.valid_until == timekeeping::never ? ifa_f_permanent : 0;
    if (a.state == net::address_state::tentative)
        flags |= ifa_f_tentative;
    if (a.state == net::address_state::deprecated)
        flags |= ifa_f_deprecated;
    out.begin(header, ifaddrmsg{.family = family_of(a.address),
                                .prefix_length = a.prefix_length,
                                .flags = static_cast<u8>(flags),
                                .scope = a.address.is_loopback()     ? rt_scope_host
                                         : a.address.is_link_local() ? rt_scope_link
                                                                     : rt_scope_universe,
                                .index = i.index()});
    address_attribute(out, ifa_address, a.address);
    if (a.address.is_ipv4()) {
        address_attribute(out, ifa_local, a.address);
        if (const auto broadcast = a.broadcast(); !broadcast.is_any())
            address_attribute(out, ifa_broadcast, broadcast);
        out.text(ifa_label, i.name());
    }
    out.attribute(ifa_flags, flags);
}

u8 protocol_of(net::route_origin origin)
{
    switch (origin) {
    case net::route_origin::kernel:
        return rtprot_kernel;
    case net::route_origin::dhcp:
        return rtprot_dhcp;
    case net::route_origin::router:
        return rtprot_ra;
    default:
        return rtprot_boot;
    }
}

void write_route(netlink_writer& out, const nlmsghdr& header, const net::route& r)
{
    out.begin(header, rtmsg{.family = family_of(r.destination),
                            .destination_length = r.prefix_length,
                            .source_length = 0,
                            .tos = 0,
                            .table = rt_table_main,
                            .protocol = protocol_of(r.origin),
                            .scope = r.gateway.is_any() ? rt_scope_link : rt_scope_universe,
                            .type = rtn_unicast,
                            .flags = 0});
    out.attribute(rta_table, u32{rt_table_main});
    if (r.prefix_length)
        address_attribute(out, rta_dst, r.destination);
    if (!r.gateway.is_any())
        address_attribute(out, rta_gateway, r.gateway);
    if (!r.source.is_any())
        address_attribute(out, rta_prefsrc, r.source);
    if (r.metric)
        out.attribute(rta_priority, r.metric);
    if (r.out)
        out.attribute(rta_oif, r.out->index());
}

template <class Visit>
void each_interface(Visit visit)
{
    auto& all = net::the_stack().interfaces();
    for (auto* i = &all.loopback(); i; i = all.next(*i))
        visit(*i);
}

bool wanted(u8 family, const net::ip_address& a)
{
    return family == af_unspec || family == family_of(a);
}

/// Element `n` of a list that can only be walked over under its spinlock, where nothing may be sent.
template <class T, class List>
std::optional<T> nth_of(const List& list, size_t n)
{
    std::optional<T> found;
    list.for_each([&](const T& element) {
        if (n-- == 0)
            found = element;
    });
    return found;
}

result<void> dump_addresses(dump& d, u8 family)
{
    each_interface([&](net::interface& i) {
        size_t n = 0;
        while (const auto a = nth_of<net::interface_address>(i.addresses(), n++))
            if (wanted(family, a->address))
                d.message([&](netlink_writer& out) { write_address(out, d.header(rtm_newaddr), i, *a); });
    });
    return d.end();
}

result<void> dump_routes(dump& d, u8 family)
{
    size_t n = 0;
    while (const auto r = nth_of<net::route>(net::the_stack().routes(), n++))
        if (wanted(family, r->destination))
            d.message([&](netlink_writer& out) { write_route(out, d.header(rtm_newroute), *r); });
    return d.end();
}

result<void> send_error(const netlink_request& request, u32 port, s32 error, netlink_writer& out,
                        netlink_sink& sink)
{
    const nlmsghdr header{0, nlmsg_error, nlm_f_capped, request.header.sequence, port};
    out.begin(header, nlmsgerr{error, request.header});
    (void)out.finish();
    return sink.take(out.bytes());
}

/// RTM_GETLINK for one interface, by number or name.
const net::interface* named_link(const netlink_request& request)
{
    const auto wanted = request.as<ifinfomsg>();
    auto& all = net::the_stack().interfaces();
    if (wanted.index > 0)
        return all.by_index(static_cast<u32>(wanted.index));
    const auto name = find_attribute(request.body, sizeof wanted, ifla_ifname);
    const std::string_view text(reinterpret_cast<const char*>(name.data()), name.size());
    return text.empty() ? nullptr : all.by_name(text.substr(0, text.find('\0')));
}

result<void> answer_dump(const netlink_request& request, dump& d)
{
    switch (request.header.type) {
    case rtm_getlink:
        each_interface([&](net::interface& i) {
            d.message([&](netlink_writer& out) { write_link(out, d.header(rtm_newlink), i); });
        });
        return d.end();
    case rtm_getaddr:
        return dump_addresses(d, request.family());
    case rtm_getroute:
        return dump_routes(d, request.family());
    default:
        return d.end(); // rules, neighbours and the like: there are none to show
    }
}
} // namespace

result<void> answer_request(const netlink_request& request, u32 port, netlink_sink& sink)
{
    const auto& header = request.header;
    if (!(header.flags & nlm_f_request) || header.type < rtm_first)
        return {}; // answers and control messages are not for us
    auto out = TRY(netlink_writer::create());
    const bool is_get = header.type <= rtm_last && (header.type & 3) == 2;
    if (is_get && request.is_dump()) {
        dump d(request, port, out, sink);
        return answer_dump(request, d);
    }
    if (header.type == rtm_getlink) {
        const auto* const found = named_link(request);
        if (!found)
            return send_error(request, port, -static_cast<s32>(errc::enodev), out, sink);
        write_link(out, {0, rtm_newlink, 0, header.sequence, port}, *found);
        (void)out.finish();
        TRY(sink.take(out.bytes()));
        out.clear();
        return header.flags & nlm_f_ack ? send_error(request, port, 0, out, sink) : result<void>{};
    }
    // The network is configured at start, by nobody else.
    const errc error = is_get ? errc::eopnotsupp : errc::eperm;
    return send_error(request, port, -static_cast<s32>(error), out, sink);
}
} // namespace linux
