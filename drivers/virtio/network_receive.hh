// The receiving half of a queue pair: buffers out to the device, frames in (virtio 1.2 §5.1.6.3).
//
// The ring always keeps its buffers: one that goes up in a packet is replaced first, and without memory for
// that the frame is dropped and its buffer offered again. So there never is a ring that ran dry and waits for
// somebody to fill it. It begins small and grows with the traffic.
//
// A frame of at most 256 bytes is copied out, so that a queue of small segments does not hold a page for
// each.
//
// No lock: fill() runs before the device starts, everything else in the pair's deferred work, which never
// runs in two places at once.
#pragma once

#include "core/device/network_device.hh"
#include "drivers/virtio/network_header.hh"
#include "drivers/virtio/virtqueue.hh"

namespace virtio
{
class network_receive_ring
{
  public:
    /// `merged`: a frame may spread over several buffers.
    network_receive_ring(unique_ptr<virtqueue> queue, bool merged, network_device::statistics& counters)
        : _queue(std::move(queue)), _merged(merged), _counters(counters)
    {
    }

    /// Only when the device has stopped.
    ~network_receive_ring();

    /// Offers the first buffers. Errors: enomem.
    result<void> fill();

    /// Takes at most `limit` frames, with the interrupt off.
    packet_queue poll(u32 limit);

    /// Shows the device the buffers that were offered; whether it wants to be notified.
    [[nodiscard]] bool publish() { return _queue->publish(); }

    /// Asks for an interrupt. True: there is something already, so poll again.
    [[nodiscard]] bool enable_interrupt() { return _queue->enable_interrupts(); }

  private:
    static constexpr u16 first_buffers = 64;
    static constexpr u32 copied_bytes = 256;

    /// What the device wrote into one buffer; the reference is the ring's.
    struct piece {
        packet_buffer* buffer;
        u32 length;
    };

    result<void> offer(packet_buffer& buffer);
    result<void> offer_new();
    void offer_again(std::span<const piece> pieces);
    void grow(u32 taken, u32 offered_before);
    packet_ptr take_frame(piece first);
    unsigned collect(std::span<piece> pieces, u16 wanted);
    packet_ptr make_packet(std::span<const piece> pieces);
    packet_ptr copy(const piece& whole);
    packet_ptr wrap(std::span<const piece> pieces);

    unique_ptr<virtqueue> _queue;
    const bool _merged;
    network_device::statistics& _counters;
};
} // namespace virtio
