// The receiving half of the card: a ring of buffers out, frames in.
//
//     0 ... _next ...... _next - 1 (the tail)     all but one descriptor are the card's
//
// The ring always keeps its buffers: one that goes up in a packet is replaced first, and without memory for
// that the frame is dropped and its buffer offered again. A frame of at most 256 bytes is copied out. A frame
// fits into one buffer, because the card is told to take none that is longer; pieces of longer ones are
// passed over up to their end.
//
// No lock: fill() runs before the card receives, everything else in the card's deferred work.
#pragma once

#include "core/device/network_device.hh"
#include "drivers/e1000/registers.hh"
#include "drivers/e1000/ring.hh"

namespace e1000
{
class receive_ring
{
  public:
    struct memory {
        ring<receive_descriptor> descriptors;
        unique_ptr<packet_buffer*[]> buffers;
    };
    /// Errors: enomem.
    static result<memory> make_memory();

    receive_ring(memory m, network_device::statistics& counters)
        : _ring(std::move(m.descriptors)), _buffers(std::move(m.buffers)), _counters(counters)
    {
    }
    /// Only when the card has stopped.
    ~receive_ring();

    /// Puts a buffer everywhere. Errors: enomem.
    result<void> fill();

    struct polled {
        packet_queue frames;
        bool more; // the limit ended it
    };
    /// Looks at `limit` finished descriptors at most. The card learns of the free ones by tail().
    polled poll(u32 limit);

    const ring<receive_descriptor>& descriptors() const { return _ring; }
    /// What the tail register must say: the card may use the descriptors before it.
    u32 tail() const { return _next == 0 ? _ring.size() - 1 : _next - 1; }

  private:
    static constexpr u32 ring_size = 128;
    static constexpr u32 buffer_bytes = 2048; // that the card writes at most
    static constexpr u32 copied_bytes = 256;

    result<void> put_new(u32 index);
    void offer(u32 index);
    packet_ptr take(u32 index, const receive_descriptor& d);
    packet_ptr copy(const packet_buffer& from, u32 length);

    ring<receive_descriptor> _ring;
    unique_ptr<packet_buffer*[]> _buffers; // of each descriptor; the references are the ring's
    network_device::statistics& _counters;
    u32 _next = 0;
    bool _in_long_frame = false;
};
} // namespace e1000
