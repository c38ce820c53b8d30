// IPv6 packets that came in, and the extension headers before their transport header (RFC 8200 §4).
#include "net/header/ipv6.hh"
#include "net/icmp/icmp.hh"
#include "net/interface/interface.hh"
#include "net/ip/reassembly.hh"
#include "net/ip6/ip6.hh"
#include "net/multicast/groups.hh"
#include "net/stack.hh"

namespace net::ip6
{
namespace
{
enum class destination { ours, to_many, others };

destination classify(const interface& in, const ip_address& to)
{
    if (in.has_address(to))
        return destination::ours;
    if (to.is_multicast())
        return in.stack().groups().is_member(in, to) ? destination::to_many : destination::others;
    return in.stack().interfaces().by_address(to) ? destination::ours : destination::others;
}

/// One packet's way through its extension headers.
class walk
{
  public:
    /// Of a packet that begins with its IPv6 header.
    walk(interface& in, packet_ptr p, const ip_info& info) : _in(in), _p(std::move(p)), _info(info)
    {
        begin();
    }

    void run()
    {
        for (unsigned count = 0; count < most_headers; count++) {
            switch (_next) {
            case ipv6_extension::hop_by_hop:
                if (here() > sizeof(ipv6_header)) // only the first may be
                    return report(icmp::reason::unknown_protocol, _next_at);
                [[fallthrough]];
            case ipv6_extension::destination:
                if (!options())
                    return;
                break;
            case ipv6_extension::routing:
                if (!routing())
                    return;
                break;
            case ipv6_extension::fragment:
                if (!fragment())
                    return;
                break;
            case ipv6_extension::none:
                return;
            default:
                _info.protocol = static_cast<protocol_number>(_next);
                _p->transport_header = _p->head().data();
                _in.stack().counters().ip6.delivered++;
                return deliver(std::move(_p), _info);
            }
        }
    }

  private:
    static constexpr unsigned most_headers = 8;

    u32 here() const { return static_cast<u32>(_p->head().data() - _p->network_header); }

    void report(icmp::reason why, u32 pointer)
    {
        _in.stack().icmp().report(std::move(_p), _info, why, pointer);
    }

    void go_on(u8 next, u32 bytes)
    {
        _next_at = here();
        _next = next;
        _p->consume(bytes);
    }

    /// Makes the whole header linear; null if it is cut short.
    template <class Header>
    const Header* whole()
    {
        const auto* h = view<Header>(*_p);
        if (!h || h->bytes() > _p->length() || !_p->make_linear(h->bytes()))
            return nullptr;
        return view<Header>(*_p);
    }

    bool options()
    {
        const auto* h = whole<ipv6_extension::head>();
        if (!h)
            return false;
        auto left = std::span<const std::byte>(_p->head()).subspan(2, h->bytes() - 2);
        while (!left.empty()) {
            const auto* o = view<ipv6_extension::option>(left);
            if (static_cast<u8>(left[0]) == ipv6_extension::option::pad1) {
                left = left.subspan(1);
                continue;
            }
            if (!o || o->length + 2u > left.size())
                return false;
            if (o->type != ipv6_extension::option::pad_n && o->type != ipv6_extension::option::router_alert &&
                !tolerate(*o))
                return false;
            left = left.subspan(o->length + 2u);
        }
        go_on(h->next_header, h->bytes());
        return true;
    }

    bool tolerate(const ipv6_extension::option& o)
    {
        using unknown = ipv6_extension::option::unknown;
        const auto what = o.if_unknown();
        if (what == unknown::skip)
            return true;
        const auto at = static_cast<u32>(reinterpret_cast<const std::byte*>(&o) - _p->network_header);
        if (what == unknown::report || (what == unknown::report_unless_multicast && _info.is_unicast))
            report(icmp::reason::unknown_option, at);
        return false;
    }

    /// Routing headers are ignored once they are used up (§4.4); type 0 is dead (RFC 5095).
    bool routing()
    {
        const auto* h = whole<ipv6_extension::routing_head>();
        if (!h)
            return false;
        if (h->segments_left != 0) {
            report(icmp::reason::bad_field, here() + 2);
            return false;
        }
        go_on(h->next_header, h->bytes());
        return true;
    }

    bool fragment()
    {
        const auto* h = view<ipv6_extension::fragment_header>(*_p);
        if (!h)
            return false;
        const u32 payload = _p->length() - static_cast<u32>(sizeof *h);
        if (h->offset() == 0 && !h->more()) { // an atomic fragment is none (RFC 6946)
            go_on(h->next_header, sizeof *h);
            return true;
        }
        if (h->more() && payload % 8 != 0) {
            report(icmp::reason::bad_field, 4); // RFC 8200 §4.5: the payload length
            return false;
        }
        const reassembly::fragment f{.id = h->identification,
                                     .protocol = 0,
                                     .offset = h->offset(),
                                     .header = here() + static_cast<u32>(sizeof *h),
                                     .more = h->more()};
        _p->prepend(here());
        _p = _in.stack().reassembly().add(_in, _info.source, _info.destination, f, std::move(_p));
        if (!_p)
            return false;
        begin(); // the first fragment's headers; its fragment header now says that it is all
        return true;
    }

    void begin()
    {
        const auto* h = view<ipv6_header>(*_p);
        _p->network_header = _p->head().data();
        _next = h->next_header;
        _next_at = 6;
        _p->consume(sizeof *h);
    }

    interface& _in;
    packet_ptr _p;
    ip_info _info;
    u8 _next = 0;
    u32 _next_at = 0; // where the number _next stands
};
} // namespace

void receive(interface& in, packet_ptr p)
{
    auto& counters = in.stack().counters().ip6;
    counters.received++;
    const ipv6_header* h = ipv6_header::find(*p);
    if (!h || h->source.is_multicast() || h->source.is_ipv4() || h->destination.is_ipv4() ||
        (p->link_header && in.has_address(h->source)) ||
        ((h->source.is_loopback() || h->destination.is_loopback()) && !in.is_loopback())) {
        counters.header_errors++; // mapped addresses are not for the wire (RFC 4942 §2.2)
        return;
    }
    const auto kind = classify(in, h->destination);
    if (kind == destination::others) {
        counters.address_errors++;
        return;
    }
    p->truncate(static_cast<u32>(sizeof *h) + h->payload_length);
    const ip_info info{.source = h->source,
                       .destination = h->destination,
                       .traffic_class = h->traffic_class(),
                       .hop_limit = h->hop_limit,
                       .is_unicast = kind == destination::ours,
                       .in = &in};
    walk(in, std::move(p), info).run();
}
} // namespace net::ip6
