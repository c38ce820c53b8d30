#include "net/tcp/protocol.hh"

#include "net/header/checksum.hh"
#include "net/interface/interface.hh"
#include "net/link/loopback.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"
#include "net/tcp/listener.hh"
#include "net/tcp/socket.hh"

namespace net::tcp
{
namespace
{
/// What stands before the payload on the way to ourselves: a segment taken apart already.
struct looped_segment {
    four_tuple to; // as the receiver sees it
    segment s;
};
} // namespace

protocol::protocol(net::stack& s) : _stack(s) {}

result<unique_ptr<protocol>> protocol::create(net::stack& s)
{
    auto* p = new (std::nothrow) protocol(s);
    if (!p)
        return fail(errc::enomem);
    return unique_ptr<protocol>(p);
}

protocol::~protocol()
{
    // Connections that nobody holds any more still finish in the background: they end here.
    for (shard& s : _shards) {
        for (;;) {
            ref_ptr<connection> c;
            time_wait* entry = nullptr;
            s.for_each([&](flow& f) {
                if (f.is_time_wait())
                    entry = static_cast<time_wait*>(&f);
                else if (!c)
                    c = ref_ptr<connection>(static_cast<connection&>(f));
            });
            if (c) {
                c->abandon();
            } else if (entry) {
                WITH_LOCK(s.lock)
                {
                    s.remove_time_wait_locked(*entry);
                }
                ports::leave(*entry);
                delete entry;
            } else {
                break;
            }
        }
    }
}

result<ref_ptr<net::socket>> protocol::make_socket(family f)
{
    return tcp::socket::create(*this, f);
}

bool protocol::checksum_ok(packet& p, const ip_info& info) const
{
    // partial: it came over loopback or from another virtual machine, without a wire between.
    if (p.checksum != packet_checksum::unknown)
        return true;
    return sum_is_valid(
        sum_packet(pseudo_header_sum(info.source, info.destination, protocol_number::tcp, p.length()), p, 0,
                   p.length()));
}

void protocol::receive(packet_ptr p, const ip_info& info)
{
    auto& count = _stack.counters().tcp;
    count.segments_in++;
    tcp_header* const h = tcp_header::find(*p);
    if (!h || !info.is_unicast || p->target != packet::link_target::this_host) {
        count.errors_in++;
        return;
    }
    if (!checksum_ok(*p, info)) {
        count.checksum_errors++;
        count.errors_in++;
        return;
    }
    const u32 header = h->header_length();
    segment s{.begin = {h->sequence},
              .length = p->length() - header,
              .acknowledgement = {h->acknowledgement},
              .window = h->window,
              .urgent = h->urgent,
              .flags = h->flags,
              .congestion_experienced = (info.traffic_class & 3) == 3,
              .at = timekeeping::now(),
              .options = tcp_options::parse(h->options())};
    const four_tuple t{info.destination, info.source, h->destination, h->source};
    p->consume(header);
    arrive(t, s, std::move(p), *info.in);
}

void protocol::arrive(const four_tuple& t, segment& s, packet_ptr p, net::interface& in)
{
    const u32 hash = t.hash(_table_key);
    shard& part = shard_of(hash);
    ref_ptr<connection> found;
    WITH_LOCK(part.lock)
    {
        flow* const f = part.find_locked(t, hash);
        if (f && !f->is_time_wait())
            found = ref_ptr<connection>(static_cast<connection&>(*f));
    }
    if (found && found->arrive(s, std::move(p))) [[likely]]
        return;
    without_connection(t, hash, s, std::move(p), t.remote.is_link_local() ? &in : nullptr);
}

void protocol::loop_back(packet_ptr p, const segment& s, const four_tuple& from, net::interface& lo)
{
    static_assert(sizeof(looped_segment) <= packet::header_room);
    auto& count = from.remote.is_ipv4() ? _stack.counters().ip4 : _stack.counters().ip6;
    count.sent++;
    ::new (static_cast<void*>(p->prepend(sizeof(looped_segment))))
        looped_segment{{from.remote, from.local, from.remote_port, from.local_port}, s};
    lo.loopback().send(std::move(p), lo, arrive_looped);
}

void protocol::arrive_looped(net::interface& in, packet_ptr p)
{
    looped_segment carried = *reinterpret_cast<const looped_segment*>(p->head().data());
    p->consume(sizeof carried);
    net::stack& s = in.stack();
    auto& count = carried.to.remote.is_ipv4() ? s.counters().ip4 : s.counters().ip6;
    count.received++;
    count.delivered++;
    s.counters().tcp.segments_in++;
    carried.s.at = timekeeping::now();
    s.tcp().arrive(carried.to, carried.s, std::move(p), in);
}

[[gnu::noinline]] void protocol::without_connection(const four_tuple& t, u32 hash, segment& s, packet_ptr p,
                                                    net::interface* link)
{
    shard& part = shard_of(hash);
    auto verdict = time_wait::verdict::reuse;
    time_wait::origin numbers;
    time_wait* gone = nullptr;
    WITH_LOCK(part.lock)
    {
        flow* const f = part.find_locked(t, hash);
        if (f && f->is_time_wait()) {
            auto& entry = static_cast<time_wait&>(*f);
            verdict = entry.judge(s);
            numbers = entry.numbers();
            if (verdict == time_wait::verdict::acknowledge_restart)
                part.start_time_wait_locked(entry);
            if (verdict == time_wait::verdict::reuse || verdict == time_wait::verdict::end) {
                part.remove_time_wait_locked(entry);
                gone = &entry;
            }
        }
    }
    if (gone) {
        ports::leave(*gone);
        delete gone;
        if (verdict == time_wait::verdict::reuse)
            _stack.counters().tcp.time_wait_reused++;
    }
    if (verdict == time_wait::verdict::acknowledge || verdict == time_wait::verdict::acknowledge_restart) {
        std::optional<tcp_options::timestamps> stamps;
        if (numbers.has_timestamps)
            stamps = {static_cast<u32>(s.at.time_since_epoch() / milliseconds(1)) + numbers.timestamp_offset,
                      numbers.recent_timestamp};
        answer(t, tcp_header::ack, numbers.send_next, numbers.receive_next, numbers.window, stamps, link);
        return;
    }
    if (verdict != time_wait::verdict::reuse)
        return;

    if (!s.has(tcp_header::rst))
        if (ref_ptr<listener> l = _ports.find_listener(t.local, t.local_port, hash))
            if (l->arrive(t, s, p, link))
                return;
    reset(t, s, link);
}

/// RFC 9293 §3.10.7.1.
void protocol::reset(const four_tuple& t, const segment& s, net::interface* in)
{
    if (s.has(tcp_header::rst))
        return;
    _stack.counters().tcp.resets_out++;
    if (s.has(tcp_header::ack))
        answer(t, tcp_header::rst, s.acknowledgement, {}, 0, {}, in);
    else
        answer(t, tcp_header::rst | tcp_header::ack, {}, s.end(), 0, {}, in);
}

/// A segment that no connection sends.
void protocol::answer(const four_tuple& t, u8 flags, sequence begin, sequence acknowledgement, u16 window,
                      const std::optional<tcp_options::timestamps>& stamps, net::interface* in)
{
    auto way = _stack.routes().find(t.remote, t.local, in);
    if (!way)
        return;
    auto made = packet::create(packet::header_room, 0);
    if (!made)
        return;
    packet_ptr p = made.take();
    tcp_options options;
    options.timestamp = stamps;
    const u32 option_length = options.length();
    options.write(p->prepend(option_length));
    auto& h = prepend<tcp_header>(*p);
    h.source = t.local_port;
    h.destination = t.remote_port;
    h.sequence = begin.value;
    h.acknowledgement = acknowledgement.value;
    h.set_header_length(sizeof h + option_length);
    h.flags = flags;
    h.window = window;
    p->transport_header = p->head().data();
    p->checksum = packet_checksum::partial;
    p->checksum_offset = tcp_header::checksum_offset;
    h.checksum.begin(pseudo_header_sum(t.local, t.remote, protocol_number::tcp, p->length()));
    _stack.counters().tcp.segments_out++;
    (void)send_ip(std::move(p), **way, protocol_number::tcp, {.may_fragment = false});
}

void protocol::error(const icmp_error& e, std::span<const std::byte> head)
{
    if (head.size() < 8)
        return;
    // The packet was ours: its source is local.
    const auto* h = reinterpret_cast<const tcp_header*>(head.data());
    const four_tuple t{e.source, e.destination, h->source, h->destination};
    const sequence about{h->sequence};
    if (const auto found = find(t))
        found->arrive(e, about);
}

ref_ptr<connection> protocol::find(const four_tuple& t)
{
    const u32 hash = t.hash(_table_key);
    shard& part = shard_of(hash);
    lock_guard guard{part.lock};
    flow* const f = part.find_locked(t, hash);
    if (f && !f->is_time_wait())
        return ref_ptr<connection>(static_cast<connection&>(*f));
    return {};
}

result<void> protocol::enter(connection& c, std::optional<time_wait::origin>* before)
{
    const u32 hash = c.tuple().hash(_table_key);
    shard& part = shard_of(hash);
    time_wait* gone = nullptr;
    result<void> entered;
    WITH_LOCK(part.lock)
    {
        flow* const f = part.find_locked(c.tuple(), hash);
        if (f && before && f->is_time_wait()) {
            auto& entry = static_cast<time_wait&>(*f);
            if (entry.may_reuse(timekeeping::now())) {
                *before = entry.numbers();
                part.remove_time_wait_locked(entry);
                gone = &entry;
            }
        }
        entered = part.insert_locked(c, hash);
        if (entered)
            c.add_ref();
    }
    if (gone) {
        ports::leave(*gone);
        delete gone;
        _stack.counters().tcp.time_wait_reused++;
    }
    return entered;
}

bool protocol::leave(connection& c)
{
    shard& part = shard_of(c.tuple().hash(_table_key));
    lock_guard guard{part.lock};
    return part.remove_locked(c);
}

bool protocol::enter_time_wait(connection& c, time_wait& entry)
{
    if (!_ports.join(entry, c.tuple().local_port))
        return false;
    shard& part = shard_of(c.tuple().hash(_table_key));
    lock_guard guard{part.lock};
    part.replace_locked(c, entry);
    part.start_time_wait_locked(entry);
    return true;
}

sequence protocol::initial_sequence(const four_tuple& t, instant now) const
{
    const u64 hash = siphash<2, 4>(_sequence_key, t.remote.high(), t.remote.low(), t.local.high(),
                                   t.local.low(), u64{t.ports()});
    // The clock of 4 microseconds would be slower than today's networks.
    return {static_cast<u32>(hash) + static_cast<u32>(now.time_since_epoch().count() >> 6)};
}

u32 protocol::timestamp_offset(const four_tuple& t) const
{
    return static_cast<u32>(
        siphash<2, 4>(_timestamp_key, t.remote.high(), t.remote.low(), t.local.high(), t.local.low()));
}
} // namespace net::tcp
