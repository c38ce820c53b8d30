// See reassembly.hh.
#include "net/ip/reassembly.hh"

#include <algorithm>

#include "net/header/ipv4.hh"
#include "net/header/ipv6.hh"
#include "net/icmp/icmp.hh"
#include "net/interface/interface.hh"
#include "net/stack.hh"

namespace net
{
namespace
{
constexpr u32 largest_datagram = 0xffff;

/// Where a fragment's payload lies; in the packet's control block.
struct place {
    u32 offset, length;
};

place& place_of(packet& p)
{
    return p.control<place>();
}
} // namespace

reassembly::~reassembly()
{
    lock_guard guard{_lock};
    while (!_datagrams.empty())
        take_locked(_datagrams.front());
}

reassembly::datagram* reassembly::find_locked(const ip_address& source, const ip_address& destination,
                                              const fragment& f)
{
    for (datagram& d : _datagrams)
        if (d.id == f.id && d.protocol == f.protocol && d.source == source && d.destination == destination)
            return &d;
    return nullptr;
}

unique_ptr<reassembly::datagram> reassembly::take_locked(datagram& d)
{
    _datagrams.erase(_datagrams.iterator_to(d));
    _memory -= d.memory;
    return unique_ptr<datagram>(&d);
}

/// Adds a fragment where it belongs; the packet is only taken if it is good.
reassembly::fit reassembly::insert_locked(datagram& d, const fragment& f, u32 length, packet_ptr& p)
{
    const u32 end = f.offset + length;
    if (!f.more && ((d.end && d.end != end) || d.received > end))
        return fit::bad;
    if (d.end && end > d.end)
        return fit::bad;
    auto compare = [&](packet& other) {
        const place& o = place_of(other);
        if (f.offset >= o.offset + o.length || end <= o.offset)
            return fit::good;
        return f.offset == o.offset && length == o.length ? fit::duplicate : fit::bad;
    };
    packet_queue sorted; // all fragments are walked over: a datagram has 45 of them at most on Ethernet
    fit result = d.first ? compare(*d.first) : fit::good;
    place_of(*p) = {f.offset, length};
    packet_ptr added;
    if (f.offset != 0)
        added = std::move(p);
    while (auto other = d.others.pop()) {
        const fit here = compare(*other);
        if (here != fit::good)
            result = here == fit::bad || result == fit::bad ? fit::bad : fit::duplicate;
        if (added && result == fit::good && f.offset < place_of(*other).offset)
            sorted.push(std::move(added));
        sorted.push(std::move(other));
    }
    if (result == fit::good) {
        if (added)
            sorted.push(std::move(added));
        if (f.offset == 0)
            d.first = std::move(p), d.first_header = f.header;
        d.received += length;
        if (!f.more)
            d.end = end;
    }
    d.others = std::move(sorted);
    return result;
}

packet_ptr reassembly::add(interface& in, const ip_address& source, const ip_address& destination,
                           const fragment& f, packet_ptr p)
{
    auto& counters = source.is_ipv4() ? _stack.counters().ip4 : _stack.counters().ip6;
    counters.reassembly_needed++;
    const u32 length = p->length() - f.header;
    const u64 memory = p->footprint() + sizeof(datagram);
    if (length == 0 || f.offset + length + f.header > largest_datagram || (f.more && length % 8 != 0)) {
        counters.reassembly_failed++;
        return {};
    }
    unique_ptr<datagram> whole;
    unique_ptr<datagram> discarded;
    WITH_LOCK(_lock)
    {
        datagram* d = find_locked(source, destination, f);
        if (!d) {
            d = new (std::nothrow) datagram{};
            if (!d) {
                counters.reassembly_failed++;
                return {};
            }
            d->source = source;
            d->destination = destination;
            d->id = f.id;
            d->protocol = f.protocol;
            d->in = &in;
            d->expires = timekeeping::now() + lifetime;
            _datagrams.push_back(*d);
            _timer.arm_not_later(d->expires);
        }
        const fit result = insert_locked(*d, f, length, p);
        if (result == fit::bad) {
            discarded = take_locked(*d);
            counters.reassembly_failed++;
        } else if (result == fit::good) {
            d->memory += memory;
            _memory += memory;
            if (d->first && d->end && d->received == d->end)
                whole = take_locked(*d);
        }
        while (_memory > memory_limit) {
            take_locked(_datagrams.front());
            counters.reassembly_failed++;
        }
    }
    if (!whole)
        return {};
    p = assemble(*whole);
    (p ? counters.reassembled : counters.reassembly_failed)++;
    return p;
}

/// One packet of all fragments: short ones linear, long ones in pages. Null without memory.
packet_ptr reassembly::assemble(datagram& d)
{
    constexpr u32 linear_limit = 2048;
    const u32 header = d.first_header;
    const u32 total = header + d.end;
    const u32 linear = std::min(total, std::max(linear_limit, header));
    auto made = packet::create(packet::header_room, linear);
    if (!made)
        return {};
    packet_ptr whole = made.take();
    std::span<std::byte> room{whole->append(linear), linear};
    auto copy = [&](packet& from, u32 offset) {
        while (offset < from.length()) {
            if (room.empty()) {
                auto page = packet_buffer::create(packet_buffer::page_capacity);
                if (!page)
                    return false;
                const u32 piece = std::min(total - whole->length(), packet_buffer::page_capacity);
                std::byte* const data = page.value()->data();
                if (!whole->append({page.take(), data, piece}))
                    return false;
                room = {data, piece};
            }
            const auto piece = std::min<size_t>(room.size(), from.length() - offset);
            from.copy_to(offset, room.first(piece));
            room = room.subspan(piece);
            offset += static_cast<u32>(piece);
        }
        return true;
    };
    if (!copy(*d.first, 0))
        return {};
    while (auto p = d.others.pop())
        if (!copy(*p, p->length() - place_of(*p).length)) // its own headers are not wanted
            return {};
    std::byte* const head = whole->head().data();
    if (d.source.is_ipv4()) {
        auto& h = *reinterpret_cast<ipv4_header*>(head);
        h.total_length = static_cast<u16>(total);
        h.fragment = 0;
    } else {
        reinterpret_cast<ipv6_header*>(head)->payload_length = static_cast<u16>(total - sizeof(ipv6_header));
        using ipv6_extension::fragment_header;
        reinterpret_cast<fragment_header*>(head + header - sizeof(fragment_header))->offset_and_more = 0;
    }
    whole->network_header = head;
    whole->target = d.first->target;
    whole->received_at = d.first->received_at;
    return whole;
}

void reassembly::tick()
{
    for (;;) {
        unique_ptr<datagram> late;
        WITH_LOCK(_lock)
        {
            if (_datagrams.empty())
                return;
            datagram& oldest = _datagrams.front();
            if (oldest.expires > timekeeping::now()) {
                _timer.arm(oldest.expires);
                return;
            }
            late = take_locked(oldest);
        }
        const bool is_ipv4 = late->source.is_ipv4();
        (is_ipv4 ? _stack.counters().ip4 : _stack.counters().ip6).reassembly_timeout++;
        if (!late->first) // only the first fragment names the ports (RFC 1122 §3.3.2)
            continue;
        const ip_info info{.source = late->source, .destination = late->destination, .in = late->in};
        late->first->network_header = late->first->head().data();
        _stack.icmp().report(std::move(late->first), info, icmp::reason::reassembly_timeout);
    }
}
} // namespace net
