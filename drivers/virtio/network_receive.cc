// Taking frames off the ring; see network_receive.hh. Nothing that the device wrote is believed before it was
// compared with what it had been given, and the header is read once: the device may still change it.
#include "drivers/virtio/network_receive.hh"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/mm/layout.hh"

namespace virtio
{
namespace
{
constexpr u32 ethernet_header = 14;

/// Notes on the packet what the device knows of the frame. False: the header makes no sense.
bool read_header(const network_header& header, packet& p)
{
    if (header.flags & header_flag::needs_checksum) {
        // The sender is on this host and left the sum to a device that the frame never met.
        if (u32{header.checksum_start} + header.checksum_offset + 2 > p.length())
            return false;
        p.checksum = packet_checksum::valid;
    } else if (header.flags & header_flag::data_valid) {
        p.checksum = packet_checksum::valid;
    }
    switch (header.segmentation & ~header_segmentation::ecn) {
    case header_segmentation::none:
        return true;
    case header_segmentation::tcp4:
        p.segmentation = packet_segmentation::tcp4;
        break;
    case header_segmentation::tcp6:
        p.segmentation = packet_segmentation::tcp6;
        break;
    default:
        return false; // we did not agree to it
    }
    p.segment_size = header.segment_size;
    return p.segment_size != 0;
}
} // namespace

network_receive_ring::~network_receive_ring()
{
    while (const auto given = _queue->abandon())
        static_cast<packet_buffer*>(given->token)->release();
}

result<void> network_receive_ring::fill()
{
    const u16 wanted = std::min(_queue->size(), first_buffers);
    for (u16 i = 0; i < wanted; i++)
        TRY(offer_new());
    return {};
}

result<void> network_receive_ring::offer(packet_buffer& buffer)
{
    const segment room[] = {{mm::to_physical(buffer.data()), buffer.capacity()}};
    return _queue->add({}, room, &buffer);
}

result<void> network_receive_ring::offer_new()
{
    auto buffer = TRY(packet_buffer::create(packet_buffer::page_capacity));
    TRY(offer(*buffer));
    buffer.leak(); // the ring's, until take()
    return {};
}

void network_receive_ring::offer_again(std::span<const piece> pieces)
{
    for (const piece& p : pieces)
        if (!offer(*p.buffer)) // a broken queue
            p.buffer->release();
}

packet_queue network_receive_ring::poll(u32 limit)
{
    packet_queue frames;
    u64 bytes = 0;
    _queue->disable_interrupts();
    const u32 offered_before = _queue->in_flight();
    u32 taken = 0;
    for (; taken < limit; taken++) {
        const auto done = _queue->take();
        if (!done)
            break;
        if (auto frame = take_frame({static_cast<packet_buffer*>(done->token), done->written})) {
            bytes += frame->length();
            frames.push(std::move(frame));
        }
    }
    grow(taken, offered_before);
    count_up(_counters.received_packets, frames.count());
    count_up(_counters.received_bytes, bytes);
    return frames;
}

/// More buffers when a good part of them was in use at once. It is no loss if there is no memory for it.
void network_receive_ring::grow(u32 taken, u32 offered_before)
{
    if (taken * 2 < offered_before)
        return;
    const u32 wanted = std::min<u32>(offered_before * 2, _queue->size());
    while (_queue->in_flight() < wanted && offer_new())
        ;
}

/// Null: the frame was dropped and counted.
packet_ptr network_receive_ring::take_frame(piece first)
{
    network_header header{};
    if (first.length >= sizeof header)
        std::memcpy(&header, first.buffer->data(), sizeof header);
    std::array<piece, packet::max_slices + 1> pieces{first};
    const unsigned n = collect(pieces, _merged ? header.buffers : u16{1});
    if (n == 0 || first.length < sizeof header + ethernet_header) {
        offer_again(std::span(pieces).first(n));
        count_up(_counters.received_errors);
        return {};
    }
    auto p = make_packet(std::span(pieces).first(n));
    if (!p) {
        count_up(_counters.received_dropped);
        return {};
    }
    if (!read_header(header, *p)) {
        count_up(_counters.received_errors);
        return {};
    }
    return p;
}

/// The other buffers of a frame that begins in pieces[0]; how many it has. 0: a number that cannot be, or
/// more than the device has finished; its buffers are with the device again.
unsigned network_receive_ring::collect(std::span<piece> pieces, u16 wanted)
{
    size_t got = 1;
    for (; got < wanted; got++) {
        const auto done = _queue->take();
        if (!done)
            break;
        const piece next{static_cast<packet_buffer*>(done->token), done->written};
        if (got < pieces.size())
            pieces[got] = next;
        else
            offer_again({&next, 1});
    }
    if (got == wanted && got <= pieces.size())
        return static_cast<unsigned>(got);
    offer_again(pieces.first(std::min(got, pieces.size())));
    return 0;
}

/// Null: no memory; the buffers are with the device again.
packet_ptr network_receive_ring::make_packet(std::span<const piece> pieces)
{
    if (pieces.size() == 1 && pieces[0].length <= sizeof(network_header) + copied_bytes)
        return copy(pieces[0]);
    for (size_t i = 0; i < pieces.size(); i++) {
        if (offer_new())
            continue;
        offer_again(pieces.subspan(i));
        for (const piece& p : pieces.first(i))
            p.buffer->release();
        return {};
    }
    return wrap(pieces);
}

packet_ptr network_receive_ring::copy(const piece& whole)
{
    const u32 length = whole.length - static_cast<u32>(sizeof(network_header));
    auto p = packet::create(sizeof(network_header), length);
    if (p)
        std::memcpy((*p)->append(length), whole.buffer->data() + sizeof(network_header), length);
    offer_again({&whole, 1});
    return p ? p.take() : packet_ptr{};
}

/// A packet around the buffers, whose references it takes.
packet_ptr network_receive_ring::wrap(std::span<const piece> pieces)
{
    packet_ptr made;
    for (const piece& p : pieces) {
        packet_slice slice{ref_ptr<packet_buffer>::adopt(p.buffer), p.buffer->data(), p.length};
        if (&p == &pieces[0]) {
            slice.data += sizeof(network_header);
            slice.length -= static_cast<u32>(sizeof(network_header));
            auto created = packet::create(std::move(slice));
            made = created ? created.take() : packet_ptr{};
        } else if (made && p.length > 0 && !made->append(std::move(slice))) {
            made.reset();
        }
    }
    return made;
}
} // namespace virtio
