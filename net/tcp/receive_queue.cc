#include "net/tcp/receive_queue.hh"

#include <algorithm>

namespace net::tcp
{
namespace
{
/// Copying fewer bytes than this costs less than keeping another packet.
constexpr u32 small = 512;

u32 unread_bytes(const packet& p)
{
    return p.length() - const_cast<packet&>(p).control<unread>().offset;
}

void copy_behind(packet& last, const packet& p)
{
    const u32 bytes = unread_bytes(p);
    p.copy_to(const_cast<packet&>(p).control<unread>().offset, {last.append(bytes), bytes});
}

/// The bytes of `p` in a packet with room for those of many more; null without memory.
packet_ptr with_room(const packet& p)
{
    auto roomy = packet::create(0, std::max<u32>(unread_bytes(p), packet_buffer::page_capacity - 256));
    if (!roomy)
        return nullptr;
    roomy.value()->control<unread>() = {0};
    copy_behind(*roomy.value(), p);
    return roomy.take();
}

/// Adds a packet; `last` is the queue's last or null. Returns the new last one.
void add(packet_queue& q, packet_ptr p, bool tight)
{
    const u32 bytes = unread_bytes(*p);
    packet* const last = q.back();
    if (last && bytes <= (tight ? packet_buffer::page_capacity : small) && last->append_room() >= bytes) {
        copy_behind(*last, *p);
        return;
    }
    if (tight && p->footprint() / 4 > bytes)
        if (packet_ptr roomy = with_room(*p))
            p = std::move(roomy);
    q.push(std::move(p));
}
} // namespace

void receive_queue::clear()
{
    _ready.clear();
    prune();
}

void receive_queue::push(packet_ptr p, u64 footprint_limit)
{
    add(_ready, std::move(p), footprint() > footprint_limit / 2);
}

void receive_queue::prune()
{
    while (!_runs.empty())
        drop(*_runs.begin());
}

void receive_queue::drop(run& r)
{
    _run_footprint -= static_cast<u32>(r.packets.footprint());
    _runs.erase(_runs.iterator_to(r));
    delete &r;
}

void receive_queue::add_to(run& r, packet_ptr p, u64 footprint_limit)
{
    const u64 before = r.packets.footprint();
    add(r.packets, std::move(p), footprint() > footprint_limit / 2);
    _run_footprint += static_cast<u32>(r.packets.footprint() - before);
    r.touched = ++_touches;
}

bool receive_queue::insert(packet_ptr p, sequence begin, u32 length, u64 footprint_limit, bool* duplicate)
{
    *duplicate = false;
    if (footprint() > footprint_limit)
        return false;
    auto next = _runs.upper_bound(begin, order{});
    run* previous = next == _runs.begin() ? nullptr : &*std::prev(next);
    if (previous && previous->end >= begin + length) {
        previous->touched = ++_touches;
        *duplicate = true;
        return true;
    }
    if (previous && previous->end > begin) { // its beginning is known
        const u32 known = previous->end - begin;
        p->control<unread>().offset += known;
        begin += known;
        length -= known;
    }
    // Whole runs that the new bytes cover go; of one that they overlap the new bytes' end goes.
    while (next != _runs.end() && next->end <= begin + length)
        drop(*next++);
    if (next != _runs.end() && next->begin < begin + length) {
        const u32 excess = begin + length - next->begin;
        p->truncate(p->length() - excess);
        length -= excess;
    }

    run* into = previous && previous->end == begin ? previous : nullptr;
    if (!into) {
        into = new (std::nothrow) run;
        if (!into)
            return false;
        into->begin = into->end = begin;
        _runs.insert(*into);
    }
    add_to(*into, std::move(p), footprint_limit);
    into->end = begin + length;
    if (next != _runs.end() && next->begin == into->end) { // the gap between the two is closed
        into->end = next->end;
        into->packets.append(std::move(next->packets));
        next->packets = {};
        _runs.erase(_runs.iterator_to(*next));
        delete &*next;
    }
    return true;
}

sequence receive_queue::advance(sequence next, u64 footprint_limit)
{
    while (!_runs.empty() && _runs.begin()->begin <= next) {
        run& r = *_runs.begin();
        _run_footprint -= static_cast<u32>(r.packets.footprint());
        u32 known = next - r.begin; // bytes that came a second time in between
        while (packet_ptr p = r.packets.pop()) {
            const u32 bytes = unread_bytes(*p);
            if (known >= bytes) {
                known -= bytes;
                continue;
            }
            p->control<unread>().offset += std::exchange(known, 0);
            push(std::move(p), footprint_limit);
        }
        next = later(next, r.end);
        _runs.erase(_runs.begin());
        delete &r;
    }
    return next;
}

unsigned receive_queue::describe(std::span<tcp_options::sack_block> blocks) const
{
    // The few latest of few runs: selection beats sorting.
    unsigned count = 0;
    u32 below = ~u32{0};
    while (count < blocks.size()) {
        const run* latest = nullptr;
        unsigned looked = 0;
        for (const run& r : _runs) {
            if (r.touched < below && (!latest || r.touched > latest->touched))
                latest = &r;
            if (++looked == 64)
                break; // beyond so many gaps the order matters no more
        }
        if (!latest)
            break;
        blocks[count++] = {latest->begin.value, latest->end.value};
        below = latest->touched;
    }
    return count;
}
} // namespace net::tcp
