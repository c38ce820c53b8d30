// Taking frames off the ring; see receive.hh. A descriptor is read once after its "done" bit: the card may
// still change it.
#include "drivers/e1000/receive.hh"

#include <atomic>
#include <cstring>

namespace e1000
{
namespace
{
constexpr u32 ethernet_header = 14;
} // namespace

result<receive_ring::memory> receive_ring::make_memory()
{
    static_assert(packet_buffer::page_capacity >= buffer_bytes);
    auto descriptors = TRY(ring<receive_descriptor>::create(ring_size));
    auto buffers = TRY(try_make_unique<packet_buffer*[]>(ring_size));
    return memory{std::move(descriptors), std::move(buffers)};
}

receive_ring::~receive_ring()
{
    for (u32 i = 0; i < _ring.size(); i++)
        if (_buffers[i])
            _buffers[i]->release();
}

result<void> receive_ring::fill()
{
    for (u32 i = 0; i < _ring.size(); i++) {
        TRY(put_new(i));
        offer(i);
    }
    return {};
}

result<void> receive_ring::put_new(u32 index)
{
    auto buffer = TRY(packet_buffer::create(packet_buffer::page_capacity));
    _buffers[index] = buffer.get();
    buffer.leak(); // the ring's, until take()
    return {};
}

void receive_ring::offer(u32 index)
{
    _ring[index] = {.address = mm::to_physical(_buffers[index]->data()).value,
                    .length = 0,
                    .checksum = 0,
                    .status = 0,
                    .errors = 0,
                    .special = 0};
}

receive_ring::polled receive_ring::poll(u32 limit)
{
    packet_queue frames;
    u64 bytes = 0;
    u32 looked_at = 0;
    for (; looked_at < limit; looked_at++) {
        receive_descriptor& shared = _ring[_next];
        if (!(std::atomic_ref(shared.status).load(std::memory_order_acquire) & receive_descriptor::done))
            break;
        receive_descriptor d;
        std::memcpy(&d, &shared, sizeof d);
        if (auto p = take(_next, d)) {
            bytes += p->length();
            frames.push(std::move(p));
        }
        offer(_next);
        _next = _ring.next(_next);
    }
    count_up(_counters.received_packets, frames.count());
    count_up(_counters.received_bytes, bytes);
    return {std::move(frames), looked_at == limit};
}

/// The frame in a finished descriptor, or null: it was dropped and counted. The descriptor has a buffer
/// afterwards.
packet_ptr receive_ring::take(u32 index, const receive_descriptor& d)
{
    const bool ends = d.status & receive_descriptor::end_of_packet;
    const bool whole = ends && !_in_long_frame;
    _in_long_frame = !ends;
    if (!whole || (d.errors & receive_descriptor::frame_error) || d.length < ethernet_header ||
        d.length > buffer_bytes) {
        count_up(_counters.received_errors);
        return {};
    }
    packet_buffer* const buffer = _buffers[index];
    packet_ptr p;
    if (d.length <= copied_bytes) {
        p = copy(*buffer, d.length);
    } else if (put_new(index)) {
        packet_slice head{ref_ptr<packet_buffer>::adopt(buffer), buffer->data(), d.length};
        auto made = packet::create(std::move(head));
        p = made ? made.take() : packet_ptr{};
    }
    if (!p) {
        count_up(_counters.received_dropped);
        return {};
    }
    if (!(d.status & receive_descriptor::no_checksum) && (d.status & receive_descriptor::transport_checked) &&
        !(d.errors & receive_descriptor::checksum_error))
        p->checksum = packet_checksum::valid;
    return p;
}

packet_ptr receive_ring::copy(const packet_buffer& from, u32 length)
{
    auto p = packet::create(0, length);
    if (!p)
        return {};
    std::memcpy((*p)->append(length), const_cast<packet_buffer&>(from).data(), length);
    return p.take();
}
} // namespace e1000
