// See groups.hh.
#include "net/multicast/groups.hh"

#include <algorithm>

#include "core/random.hh"
#include "net/header/ethernet.hh"
#include "net/header/multicast.hh"
#include "net/header/view.hh"
#include "net/interface/interface.hh"
#include "net/ip6/ip6.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"

namespace net
{
namespace
{
constexpr u8 unsolicited_reports = 2; // RFC 3376 §8.1: robustness
constexpr nanoseconds unsolicited_interval = seconds(1);
constexpr nanoseconds older_router_present = seconds(400); // RFC 3376 §8.12
constexpr ip_address all_hosts4{ipv4_address{0xe000'0001}};
constexpr ip_address all_routers4{ipv4_address{0xe000'0002}};
constexpr ip_address reports4{ipv4_address{0xe000'0016}};
constexpr ip_address reports6{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x16}};

/// All-nodes and groups that never leave the host are not told (RFC 2236 §6, RFC 3810 §6).
bool is_told(const interface& on, const ip_address& group)
{
    if (on.is_loopback() || group == all_hosts4 || group == ip6::all_nodes)
        return false;
    return group.is_ipv4() || (group.bytes()[1] & 0xf) >= 2;
}

template <class Message>
packet_ptr packet_of(const Message& m)
{
    auto made = packet::create(packet::header_room, sizeof m);
    if (!made)
        return {};
    auto p = made.take();
    std::memcpy(p->append(sizeof m), &m, sizeof m);
    return p;
}

template <class Message>
void send4(interface& out, const ip_address& to, Message m)
{
    m.checksum.complete(sum_bytes(0, std::as_bytes(std::span(&m, 1))));
    auto p = packet_of(m);
    auto way = out.stack().routes().find(to, {}, &out);
    if (p && way)
        (void)send_ip(std::move(p), **way, protocol_number::igmp,
                      {.traffic_class = 0xc0, .hop_limit = 1, .router_alert = true});
}

template <class Message>
void send6(interface& out, const ip_address& to, const Message& m)
{
    // Before there is an address it goes out from :: (RFC 3590).
    if (auto p = packet_of(m))
        ip6::send_icmp_on_link(out, std::move(p), out.link_local(), to, multicast_mac(to), 1, true);
}
} // namespace

groups::dialect groups::spoken(bool is_ipv4) const
{
    return timekeeping::now().time_since_epoch().count() < _older_until[is_ipv4 ? 0 : 1].load()
               ? dialect::older
               : dialect::current;
}

bool groups::is_member(const interface& on, const ip_address& group) const
{
    if (group == all_hosts4 || group == ip6::all_nodes)
        return true;
    lock_guard guard{_lock};
    for (const membership& m : _all)
        if (m.group == group && m.on == &on)
            return true;
    return false;
}

result<void> groups::join(interface& on, const ip_address& group)
{
    WITH_LOCK(_lock)
    {
        for (membership& m : _all)
            if (m.on == &on && m.group == group)
                return m.count++, result<void>{};
        TRY(_all.push_back({.on = &on,
                            .group = group,
                            .count = 1,
                            .unsolicited_left = unsolicited_reports - 1,
                            .next_report = timekeeping::now() + unsolicited_interval}));
        _timer.arm_not_later(timekeeping::now() + unsolicited_interval);
    }
    if (on.up())
        report(on, group, true, spoken(group.is_ipv4()));
    return {};
}

result<void> groups::leave(interface& on, const ip_address& group)
{
    WITH_LOCK(_lock)
    {
        const auto found = std::find_if(_all.begin(), _all.end(),
                                        [&](const membership& m) { return m.on == &on && m.group == group; });
        if (found == _all.end())
            return fail(errc::eaddrnotavail);
        if (--found->count > 0)
            return {};
        _all.remove_if([](const membership& m) { return m.count == 0; });
    }
    if (on.up())
        report(on, group, false, spoken(group.is_ipv4()));
    return {};
}

void groups::announce(interface& on)
{
    lock_guard guard{_lock};
    for (membership& m : _all)
        if (m.on == &on) {
            m.next_report = timekeeping::now();
            _timer.arm_not_later(m.next_report);
        }
}

void groups::report(interface& on, const ip_address& group, bool joined, dialect d)
{
    if (!is_told(on, group))
        return;
    const u8 record = joined ? u8{igmp_report3::to_exclude} : u8{igmp_report3::to_include};
    if (group.is_ipv4() && d == dialect::current) {
        send4(on, reports4, igmp_report3{.record_type = record, .group = group.as_ipv4().value});
    } else if (group.is_ipv4()) {
        const u8 type = joined ? u8{igmp_header::report2} : u8{igmp_header::leave};
        send4(on, joined ? group : all_routers4, igmp_header{.type = type, .group = group.as_ipv4().value});
    } else if (d == dialect::current) {
        send6(on, reports6, mld_report2{.record_type = record, .group = group});
    } else {
        const u8 type = joined ? u8{icmp6::listener_report} : u8{icmp6::listener_done};
        send6(on, joined ? group : ip6::all_routers, mld_header{.type = type, .group = group});
    }
}

void groups::receive_query(interface& in, packet& p, const ip_info& info)
{
    const bool is_ipv4 = info.destination.is_ipv4();
    nanoseconds longest_delay{};
    ip_address asked;
    u32 old_length = 0;
    if (is_ipv4) {
        const auto* h = view<igmp_header>(p);
        if (!h || h->type != igmp_header::query || !sum_is_valid(sum_packet(0, p, 0, p.length())))
            return;
        longest_delay = milliseconds(100 * std::max<u32>(h->max_response, 1));
        asked = ip_address(ipv4_address{h->group});
        old_length = sizeof *h;
    } else {
        const auto* h = view<mld_header>(p);
        if (!h || info.hop_limit != 1 || !info.source.is_link_local())
            return;
        longest_delay = milliseconds(std::max<u32>(h->max_response, 1));
        asked = h->group;
        old_length = sizeof *h;
    }
    const instant now = timekeeping::now();
    if (p.length() == old_length)
        _older_until[is_ipv4 ? 0 : 1].store((now + older_router_present).time_since_epoch().count());
    const bool general = asked.is_any();
    lock_guard guard{_lock};
    for (membership& m : _all)
        if (m.on == &in && m.group.is_ipv4() == is_ipv4 && (general || m.group == asked)) {
            // At a random time, so that all hosts of a link do not answer at once.
            const auto delay = nanoseconds(random_u64() % static_cast<u64>(longest_delay.count()));
            m.next_report = std::min(m.next_report, now + delay);
            _timer.arm_not_later(m.next_report);
        }
}

void groups::tick()
{
    for (;;) {
        std::optional<membership> due;
        WITH_LOCK(_lock)
        {
            const instant now = timekeeping::now();
            instant next = timekeeping::never;
            for (membership& m : _all) {
                if (m.next_report <= now && !due) {
                    due = m;
                    m.next_report = timekeeping::never;
                    if (m.unsolicited_left > 0 && --m.unsolicited_left > 0)
                        m.next_report = now + unsolicited_interval;
                }
                next = std::min(next, m.next_report);
            }
            if (!due && next != timekeeping::never)
                _timer.arm_not_later(next);
        }
        if (!due)
            return;
        if (due->on->up())
            report(*due->on, due->group, true, spoken(due->group.is_ipv4()));
    }
}
} // namespace net
