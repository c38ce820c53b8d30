// Offering frames to the card; see transmit.hh.
#include "drivers/e1000/transmit.hh"

#include <algorithm>
#include <atomic>

#include "core/device/bytes.hh"

namespace e1000
{
namespace
{
u32 pieces_of(u32 length, u32 largest)
{
    return (length + largest - 1) / largest;
}

bool needs_context(const packet& p)
{
    return p.checksum == packet_checksum::partial || p.segmentation != packet_segmentation::none;
}

/// The length of a TCP header, from its data offset (RFC 9293 §3.1).
u32 tcp_header_length(const std::byte* header)
{
    return (static_cast<u32>(header[12]) >> 4) * 4;
}

void store_big_endian(std::byte* at, u32 value)
{
    at[0] = static_cast<std::byte>(value >> 8);
    at[1] = static_cast<std::byte>(value);
}

/// The card adds each segment's length to the pseudo header's sum itself, and fills in the IP lengths and the
/// IPv4 header's sum; so they are taken out.
void leave_lengths_to_card(packet& p)
{
    std::byte* const sum_at = p.transport_header + p.checksum_offset;
    const auto transport = static_cast<u32>(p.transport_header - p.head().data());
    const u32 without = ~(p.length() - transport) & 0xffff;
    u32 sum = (static_cast<u32>(sum_at[0]) << 8 | static_cast<u32>(sum_at[1])) + without;
    sum = (sum & 0xffff) + (sum >> 16);
    store_big_endian(sum_at, sum);
    if (p.segmentation == packet_segmentation::tcp4) {
        store_big_endian(p.network_header + 2, 0);  // total length
        store_big_endian(p.network_header + 10, 0); // checksum
    } else {
        store_big_endian(p.network_header + 4, 0); // payload length
    }
}

transmit_descriptor context_of(const packet& p)
{
    const auto transport = static_cast<u8>(p.transport_header - p.head().data());
    transmit_descriptor d{};
    d.command = transmit_descriptor::extended;
    d.context.transport_start = transport;
    d.context.transport_checksum = static_cast<u8>(transport + p.checksum_offset);
    if (p.segmentation == packet_segmentation::none)
        return d;
    const auto network = static_cast<u8>(p.network_header - p.head().data());
    const u32 headers = transport + tcp_header_length(p.transport_header);
    d.context.ip_start = network;
    d.context.ip_checksum = static_cast<u8>(network + 10);
    d.context.ip_end = static_cast<u16>(transport - 1);
    d.command |= transmit_descriptor::segment | transmit_descriptor::is_tcp |
                 ((p.length() - headers) & transmit_descriptor::length_mask);
    if (p.segmentation == packet_segmentation::tcp4)
        d.command |= transmit_descriptor::is_ipv4;
    d.options = static_cast<u8>(headers);
    d.segment_size = p.segment_size;
    return d;
}
} // namespace

transmit_ring::~transmit_ring()
{
    lock_guard guard{_lock};
    for (packet* p : _packets)
        packet_ptr(p).reset();
}

void transmit_ring::set_up()
{
    lock_guard guard{_lock};
    const u64 address = _ring.address().value;
    _card.write(reg::transmit_ring, static_cast<u32>(address));
    _card.write(reg::transmit_ring_high, static_cast<u32>(address >> 32));
    _card.write(reg::transmit_ring_bytes, _ring.bytes());
    _card.write(reg::transmit_head, 0);
    _card.write(reg::transmit_tail, 0);
}

void transmit_ring::send(packet_queue frames)
{
    packet_queue finished; // freed behind the lock
    lock_guard guard{_lock};
    while (frames.front() && _waiting.count() < most_waiting)
        _waiting.push(frames.pop());
    count_up(_counters.sent_dropped, frames.count());
    fill_locked(finished);
}

void transmit_ring::clean_up()
{
    packet_queue finished;
    lock_guard guard{_lock};
    reclaim_locked(finished);
    if (!_waiting.empty())
        fill_locked(finished);
}

/// One descriptor stays free, so that a full ring is not taken for an empty one.
u32 transmit_ring::free_locked() const
{
    const u32 used = _next >= _oldest ? _next - _oldest : _next + _ring.size() - _oldest;
    return _ring.size() - 1 - used;
}

void transmit_ring::reclaim_locked(packet_queue& read)
{
    for (u32 last = _oldest; last != _next; last = _ring.next(last)) {
        if (!_packets[last])
            continue;
        const u8 status = std::atomic_ref(_ring[last].status).load(std::memory_order_acquire);
        if (!(status & transmit_descriptor::done))
            return;
        read.push(packet_ptr(_packets[last]));
        _packets[last] = nullptr;
        _oldest = _ring.next(last);
    }
}

void transmit_ring::fill_locked(packet_queue& read)
{
    const u32 before = _next;
    while (packet* const waiting = _waiting.front()) {
        u32 needed = pieces_of(static_cast<u32>(waiting->head().size()), piece_bytes) + 1;
        for (const packet_slice& s : waiting->slices())
            needed += pieces_of(s.length, piece_bytes);
        if (needed > most_pieces || waiting->head().empty()) {
            count_up(_counters.sent_errors);
            read.push(_waiting.pop());
            continue;
        }
        if (free_locked() < needed)
            reclaim_locked(read);
        if (free_locked() < needed)
            break;
        offer_locked(_waiting.pop());
    }
    if (_next != before) {
        std::atomic_thread_fence(std::memory_order_release); // descriptors before the tail
        _card.write(reg::transmit_tail, _next);
    }
    // An interrupt for each frame that was sent, but only while others wait for room.
    if (_waiting.empty() == _asked_for_interrupt) {
        _asked_for_interrupt = !_asked_for_interrupt;
        _card.write(_asked_for_interrupt ? reg::interrupt_set : reg::interrupt_clear, cause::transmitted);
    }
}

transmit_descriptor& transmit_ring::next_locked()
{
    transmit_descriptor& d = _ring[_next];
    _next = _ring.next(_next);
    return d;
}

void transmit_ring::offer_locked(packet_ptr p)
{
    u32 flags =
        transmit_descriptor::is_data | transmit_descriptor::extended | transmit_descriptor::insert_crc;
    u8 options = 0;
    const u32 length = p->length();
    if (needs_context(*p)) {
        options = transmit_descriptor::insert_transport_checksum;
        if (p->segmentation != packet_segmentation::none) {
            flags |= transmit_descriptor::segment;
            if (p->segmentation == packet_segmentation::tcp4)
                options |= transmit_descriptor::insert_ip_checksum;
            leave_lengths_to_card(*p);
        }
        next_locked() = context_of(*p);
    }
    u32 last = _next;
    const auto add = [&](const std::byte* data, u32 left) REQUIRES(_lock) {
        while (left > 0) {
            const u32 part = std::min(left, piece_bytes);
            last = _next;
            transmit_descriptor d{};
            d.address = mm::to_physical(data).value;
            d.command = flags | part;
            d.options = options;
            next_locked() = d;
            data += part;
            left -= part;
        }
    };
    add(p->head().data(), static_cast<u32>(p->head().size()));
    for (const packet_slice& s : p->slices())
        add(s.data, s.length);
    _ring[last].command |= transmit_descriptor::end_of_packet | transmit_descriptor::report;
    p->discharge();
    _packets[last] = p.release(); // the ring's, until it is reported
    count_up(_counters.sent_packets);
    count_up(_counters.sent_bytes, length);
}
} // namespace e1000
