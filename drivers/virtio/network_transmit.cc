// Offering frames to the device; see network_transmit.hh.
#include "drivers/virtio/network_transmit.hh"

#include <array>
#include <cstring>

#include "core/mm/layout.hh"

namespace virtio
{
namespace
{
constexpr u32 header_size = sizeof(network_header);
constexpr size_t most_segments = packet::max_slices + 2; // a header of its own, the head, the slices

/// The length of a TCP header, from its data offset (RFC 9293 §3.1).
u32 tcp_header_length(const std::byte* header)
{
    return (static_cast<u32>(header[12]) >> 4) * 4;
}

network_header describe(const packet& p)
{
    network_header h{};
    if (p.checksum != packet_checksum::partial && p.segmentation == packet_segmentation::none)
        return h;
    const auto transport = static_cast<u32>(p.transport_header - p.head().data());
    if (p.checksum == packet_checksum::partial) {
        h.flags = header_flag::needs_checksum;
        h.checksum_start = static_cast<u16>(transport);
        h.checksum_offset = p.checksum_offset;
    }
    if (p.segmentation != packet_segmentation::none) {
        h.segmentation = p.segmentation == packet_segmentation::tcp4 ? header_segmentation::tcp4
                                                                     : header_segmentation::tcp6;
        if (p.segments_carry_ecn)
            h.segmentation |= header_segmentation::ecn;
        h.header_length = static_cast<u16>(transport + tcp_header_length(p.transport_header));
        h.segment_size = p.segment_size;
    }
    return h;
}
} // namespace

network_transmit_ring::~network_transmit_ring()
{
    lock_guard guard{_lock};
    while (const auto given = _queue->abandon())
        packet_ptr(static_cast<packet*>(given->token)).reset();
}

bool network_transmit_ring::send(packet_queue frames)
{
    packet_queue finished; // freed behind the lock
    lock_guard guard{_lock};
    while (frames.front() && _waiting.count() < most_waiting)
        _waiting.push(frames.pop());
    count_up(_counters.sent_dropped, frames.count());
    fill_ring_locked(finished);
    return _queue->publish();
}

bool network_transmit_ring::clean_up()
{
    packet_queue finished;
    lock_guard guard{_lock};
    reclaim_locked(finished);
    fill_ring_locked(finished);
    return _queue->publish();
}

void network_transmit_ring::reclaim_locked(packet_queue& read)
{
    while (const auto done = _queue->take())
        read.push(packet_ptr(static_cast<packet*>(done->token)));
}

void network_transmit_ring::fill_ring_locked(packet_queue& read)
{
    while (packet* const next = _waiting.front()) {
        const u16 needed = static_cast<u16>(next->slices().size() + 2);
        if (!make_room_locked(needed, read))
            return;
        packet_ptr p = _waiting.pop();
        const u32 length = p->length();
        if (!offer_locked(*p)) { // a broken queue, or a ring that is too small for this frame
            count_up(_counters.sent_errors);
            read.push(std::move(p));
            continue;
        }
        p->discharge();
        p.release(); // the ring's, until take()
        count_up(_counters.sent_packets);
        count_up(_counters.sent_bytes, length);
    }
}

/// Whether the ring has so many free descriptors, or never will have; else an interrupt will come.
bool network_transmit_ring::make_room_locked(u16 descriptors, packet_queue& read)
{
    const auto enough = [&]() REQUIRES(_lock) {
        return _queue->free_descriptors() >= descriptors || _queue->in_flight() == 0 || _queue->broken();
    };
    if (enough())
        return true;
    do
        reclaim_locked(read);
    while (!enough() && _queue->enable_interrupts());
    if (!enough())
        return false;
    _queue->disable_interrupts();
    return true;
}

result<void> network_transmit_ring::offer_locked(packet& p)
{
    std::array<segment, most_segments> segments;
    size_t n = 0;
    const auto add = [&](const std::byte* data, u32 length) {
        if (length > 0)
            segments[n++] = {mm::to_physical(data), length};
    };
    const network_header header = describe(p);
    if (p.room() >= header_size) {
        std::memcpy(p.prepend(header_size), &header, header_size);
    } else {
        p.control<network_header>() = header;
        add(reinterpret_cast<const std::byte*>(&p.control<network_header>()), header_size);
    }
    add(p.head().data(), static_cast<u32>(p.head().size()));
    for (const packet_slice& s : p.slices())
        add(s.data, s.length);
    return _queue->add(std::span(segments).first(n), {}, &p);
}
} // namespace virtio
