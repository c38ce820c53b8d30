// See autoconfiguration.hh.
#include "net/autoconfiguration/autoconfiguration.hh"

#include <algorithm>

#include "core/log.hh"
#include "core/random.hh"
#include "net/header/ipv6.hh"
#include "net/interface/interface.hh"
#include "net/ip6/ip6.hh"
#include "net/nd/nd.hh"
#include "net/route/routes.hh"
#include "net/settings.hh"
#include "net/stack.hh"

namespace net
{
namespace
{
constexpr nanoseconds duplicate_wait = seconds(1); // RFC 4861 §10: RETRANS_TIMER
constexpr nanoseconds question_interval = seconds(4);
constexpr u32 most_questions = 3;
constexpr u32 forever = 0xffff'ffff;
constexpr u32 router_metric = 1024; // as Linux

instant until(u32 lifetime)
{
    return lifetime == forever ? timekeeping::never : timekeeping::now() + seconds(lifetime);
}

/// The prefix with the interface identifier made of the card's address (RFC 2464 §4).
ip_address with_identifier(const ip_address& prefix, const mac_address& mac)
{
    auto b = prefix.bytes();
    b[8] = mac[0] ^ 2;
    b[9] = mac[1];
    b[10] = mac[2];
    b[11] = 0xff;
    b[12] = 0xfe;
    std::copy_n(&mac[3], 3, &b[13]);
    return ip_address(b);
}

constexpr ip_address link_local_prefix{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}};

route default_route(interface& out, const ip_address& router)
{
    return {.gateway = router, .out = &out, .metric = router_metric, .origin = route_origin::router};
}
} // namespace

void autoconfiguration::start()
{
    (void)try_address({.address = with_identifier(link_local_prefix, _interface.mac()),
                       .prefix_length = 64,
                       .origin = address_origin::link_local});
    _questions_left.store(most_questions);
    // The first question goes out when the link-local address is ours: its answer then comes straight to us.
    _next_question.store((timekeeping::now() + duplicate_wait).time_since_epoch().count());
    _timer.arm_not_later(timekeeping::now() + duplicate_wait);
}

void autoconfiguration::stop()
{
    for (;;) {
        std::optional<ip_address> mine;
        _interface.addresses().for_each([&](const interface_address& a) {
            if (a.origin == address_origin::router || a.origin == address_origin::link_local)
                mine = a.address;
        });
        if (!mine)
            break;
        (void)_interface.remove_address(*mine);
    }
    _interface.stack().routes().remove_all(_interface, route_origin::router);
}

result<void> autoconfiguration::try_address(const interface_address& a)
{
    if (_interface.addresses().find(a.address))
        return {};
    interface_address tentative = a;
    tentative.state = address_state::tentative;
    tentative.tentative_until = timekeeping::now() + duplicate_wait;
    TRY(_interface.add_address(tentative));
    nd::probe(_interface, a.address);
    _timer.arm_not_later(tentative.tentative_until);
    return {};
}

bool autoconfiguration::address_in_use(const ip_address& address)
{
    auto a = _interface.addresses().find(address);
    if (!a || a->state != address_state::tentative)
        return false;
    a->state = address_state::duplicate;
    (void)_interface.add_address(*a);
    klog::line("{}: another machine has our IPv6 address; it is not used", _interface.name());
    return true;
}

void autoconfiguration::router_advertised(const ip_address& router, const nd::router_advertisement& m,
                                          std::span<const std::byte> options)
{
    _questions_left.store(0);
    if (m.hop_limit)
        _interface.set_hop_limit(m.hop_limit);
    use_router(router, seconds(m.router_lifetime));
    nd::for_each_option(options, [&](nd::option_type type, std::span<const std::byte> option) {
        if (const auto* o = view<nd::prefix_option>(option); o && type == nd::option_type::prefix)
            prefix_announced(*o);
        if (const auto* o = view<nd::mtu_option>(option); o && type == nd::option_type::mtu)
            if (o->mtu >= ipv6_header::minimum_mtu && o->mtu <= _interface.mtu())
                _interface.limit_ipv6_mtu(o->mtu);
        if (const auto* o = view<nd::dns_option>(option);
            o && type == nd::option_type::dns_servers && o->lifetime)
            for (size_t at = sizeof *o; at + sizeof(ip_address) <= option.size(); at += sizeof(ip_address))
                _interface.stack().settings().add_name_server(*view<ip_address>(option.subspan(at)));
    });
    _interface.stack().settings().tell();
}

void autoconfiguration::use_router(const ip_address& router, nanoseconds lifetime)
{
    routes& table = _interface.stack().routes();
    route r = default_route(_interface, router);
    if (lifetime == nanoseconds(0)) {
        (void)table.remove(r);
        return;
    }
    unsigned routers = 0;
    bool known = false;
    table.for_each([&](const route& other) {
        if (other.out == &_interface && other.origin == route_origin::router && other.prefix_length == 0) {
            routers++;
            known |= other.gateway == router;
        }
    });
    r.valid_until = timekeeping::now() + lifetime;
    if (known || routers < most_routers)
        (void)table.add(r);
}

/// RFC 4862 §5.5.3.
void autoconfiguration::prefix_announced(const nd::prefix_option& o)
{
    if (!(o.flags & nd::prefix_option::autonomous) || o.prefix.is_link_local() || o.prefix.is_multicast() ||
        o.prefix.is_ipv4() || o.prefix_length != 64 || o.preferred_lifetime > o.valid_lifetime)
        return;
    interface_address a{.address = with_identifier(o.prefix, _interface.mac()),
                        .prefix_length = static_cast<u8>(o.flags & nd::prefix_option::on_link ? 64 : 128),
                        .origin = address_origin::router,
                        .preferred_until = until(o.preferred_lifetime),
                        .valid_until = until(o.valid_lifetime)};
    if (const auto present = _interface.addresses().find(a.address)) {
        if (present->origin != address_origin::router)
            return;
        // A stranger's message must not take an address away at once (§5.5.3 e).
        const instant two_hours = timekeeping::now() + seconds(7200);
        if (a.valid_until < two_hours && a.valid_until < present->valid_until)
            a.valid_until = std::min(present->valid_until, two_hours);
        a.state = present->state == address_state::deprecated ? address_state::preferred : present->state;
        a.tentative_until = present->tentative_until;
        return update(a);
    }
    unsigned count = 0;
    _interface.addresses().for_each(
        [&](const interface_address& other) { count += other.origin == address_origin::router; });
    if (o.valid_lifetime != 0 && count < most_addresses)
        if (try_address(a))
            _timer.arm_not_later(std::min(a.preferred_until, a.valid_until));
}

/// Changes an address as time goes on.
void autoconfiguration::update(interface_address a)
{
    (void)_interface.add_address(a);
    const instant next = std::min(a.preferred_until, a.valid_until);
    if (next != timekeeping::never)
        _timer.arm_not_later(next);
}

void autoconfiguration::tick()
{
    using state = address_state;
    const instant now = timekeeping::now();
    instant next = timekeeping::never;
    for (;;) { // one at a time, because a change needs the list's lock
        std::optional<interface_address> due;
        next = timekeeping::never;
        _interface.addresses().for_each([&](const interface_address& a) {
            const instant when = a.state == state::tentative    ? a.tentative_until
                                 : a.state == state::preferred  ? std::min(a.preferred_until, a.valid_until)
                                 : a.state == state::deprecated ? a.valid_until
                                                                : timekeeping::never;
            if (when <= now)
                due = a;
            else
                next = std::min(next, when);
        });
        if (!due)
            break;
        if (due->state == state::tentative) {
            due->state = state::preferred;
            (void)_interface.add_address(*due);
        } else if (due->valid_until <= now) {
            (void)_interface.remove_address(due->address);
        } else {
            due->state = state::deprecated;
            (void)_interface.add_address(*due);
        }
    }
    if (_questions_left.load() > 0 && _interface.up()) {
        instant question{nanoseconds(_next_question.load())};
        if (question <= now) {
            nd::solicit_routers(_interface);
            question = now + question_interval;
            _next_question.store(question.time_since_epoch().count());
            _questions_left.fetch_sub(1);
        }
        next = std::min(next, question);
    }
    if (next != timekeeping::never)
        _timer.arm_not_later(next);
}
} // namespace net
