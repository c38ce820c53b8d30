// Copying frames into the ring; see network_transmit.hh.
#include "drivers/xen/network_transmit.hh"

#include <algorithm>
#include <bit>

namespace xen
{
namespace
{
constexpr u32 ethernet_header = 14;
constexpr u32 longest_frame = 0xffff; // that transmit_request::length can say

u32 pieces_of(u32 length)
{
    return (length + static_cast<u32>(page_mask)) / static_cast<u32>(page_size);
}

/// The extra information in the place of a request.
transmit_request segmentation_of(const packet& p)
{
    struct {
        extra_info info;
        u32 rest = 0;
    } place{.info = {.type = extra_info::segmentation,
                     .flags = 0,
                     .segment_size = p.segment_size,
                     .protocol =
                         p.segmentation == packet_segmentation::tcp4 ? extra_info::tcp4 : extra_info::tcp6,
                     .padding = 0,
                     .features = 0}};
    return std::bit_cast<transmit_request>(place);
}
} // namespace

result<void> network_transmit_ring::prepare(back_end& with)
{
    TRY(_pages.fill(with));
    lock_guard guard{_lock};
    for (u16 i = 0; i < pages; i++)
        _free[_free_count++] = i;
    return {};
}

bool network_transmit_ring::send(packet_queue frames)
{
    packet_queue copied; // freed behind the lock
    lock_guard guard{_lock};
    while (frames.front() && _waiting.count() < most_waiting && !unusable_locked())
        _waiting.push(frames.pop());
    count_up(_counters.sent_dropped, frames.count());
    fill_locked(copied);
    return _ring.publish();
}

bool network_transmit_ring::clean_up()
{
    packet_queue copied;
    lock_guard guard{_lock};
    reclaim_locked();
    fill_locked(copied);
    return _ring.publish();
}

void network_transmit_ring::stop()
{
    packet_queue dropped;
    lock_guard guard{_lock};
    _stopped = true;
    count_up(_counters.sent_dropped, _waiting.count());
    dropped = std::move(_waiting);
}

bool network_transmit_ring::broken()
{
    lock_guard guard{_lock};
    return _broken || _ring.broken();
}

void network_transmit_ring::reclaim_locked()
{
    while (!_broken) {
        const auto answer = _ring.take();
        if (!answer)
            return;
        if (answer->status == transmit_answer::of_extra_info)
            continue;
        if (answer->id >= pages || !_lent[answer->id]) {
            _broken = true;
            return;
        }
        if (answer->status != transmit_answer::good)
            count_up(_counters.sent_errors);
        _lent[answer->id] = false;
        _free[_free_count++] = answer->id;
    }
}

void network_transmit_ring::fill_locked(packet_queue& copied)
{
    while (const packet* const next = _waiting.front()) {
        const u32 pieces = pieces_of(next->length());
        const bool possible =
            next->length() >= ethernet_header && next->length() <= longest_frame && pieces <= _most_pieces;
        if (!possible || unusable_locked()) {
            count_up(_counters.sent_errors);
            copied.push(_waiting.pop());
            continue;
        }
        if (!make_room_locked(pieces))
            return;
        offer_locked(*next);
        count_up(_counters.sent_packets);
        count_up(_counters.sent_bytes, next->length());
        copied.push(_waiting.pop());
    }
}

/// Whether so many pages are ours; else an event will come, or the ring is broken.
bool network_transmit_ring::make_room_locked(u32 pieces)
{
    // Each extra information has a page's request before it, so there is room for it in the ring as long as
    // its answer has been taken with those.
    const auto enough = [&]() REQUIRES(_lock) { return _free_count >= pieces && _ring.room() >= pieces + 1; };
    if (enough())
        return true;
    do
        reclaim_locked();
    while (!enough() && !unusable_locked() && _ring.enable_events());
    return enough();
}

void network_transmit_ring::offer_locked(const packet& p)
{
    const u32 length = p.length();
    const bool is_segmented = p.segmentation != packet_segmentation::none;
    for (u32 done = 0; done < length;) {
        const u32 part = std::min(length - done, static_cast<u32>(page_size));
        const u16 id = _free[--_free_count];
        _lent[id] = true;
        p.copy_to(done, {_pages[id].memory, part});
        const bool is_first = done == 0;
        done += part;
        u16 flags = done < length ? frame_flag::more_data : u16{0};
        if (is_first && p.checksum == packet_checksum::partial)
            flags |= frame_flag::checksum_blank | frame_flag::data_validated;
        if (is_first && is_segmented)
            flags |= frame_flag::extra_info;
        _ring.add({.grant = _pages[id].grant,
                   .offset = 0,
                   .flags = flags,
                   .id = id,
                   .length = static_cast<u16>(is_first ? length : part)});
        if (is_first && is_segmented)
            _ring.add(segmentation_of(p));
    }
}
} // namespace xen
