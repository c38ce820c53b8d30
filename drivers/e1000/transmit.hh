// The sending half of the card: checksums and TCP segmentation are left to it.
//
// A frame with work for the card is a context descriptor and one descriptor for each piece of memory:
//
//     | context: where headers and checksums are | head | slice | slice, end, report |
//
// Only a frame's last descriptor is reported as done. Frames that the card has read are freed when others are
// sent or received, without an interrupt; only when the ring is full do frames wait here, and then an
// interrupt is asked for. What does not fit into that queue either is dropped.
//
// Locking: `_lock` around the ring, because any CPU may send. Packets are freed without it.
#pragma once

#include <array>

#include "core/device/network_device.hh"
#include "core/sync/spinlock.hh"
#include "drivers/e1000/registers.hh"
#include "drivers/e1000/ring.hh"

namespace e1000
{
class transmit_ring
{
  public:
    transmit_ring(ring<transmit_descriptor> r, registers& card, network_device::statistics& counters)
        : _ring(std::move(r)), _card(card), _counters(counters)
    {
    }
    /// Errors: enomem.
    static result<ring<transmit_descriptor>> make_ring()
    {
        return ring<transmit_descriptor>::create(ring_size);
    }
    /// Only when the card has stopped.
    ~transmit_ring();

    /// Tells the card where the ring is; before it sends.
    void set_up();

    /// Hands frames to the card. Any context.
    void send(packet_queue frames);

    /// Frees what the card has read and sends what waits. Any context.
    void clean_up();

  private:
    static constexpr u32 ring_size = 256;
    static constexpr u32 most_waiting = 1000; // Linux's txqueuelen
    static constexpr u32 piece_bytes = 8192;  // that one descriptor may name
    static constexpr u32 most_pieces = 48;    // of one frame: 64 KiB in slices that begin anywhere

    u32 free_locked() const REQUIRES(_lock);
    void reclaim_locked(packet_queue& read) REQUIRES(_lock);
    void fill_locked(packet_queue& read) REQUIRES(_lock);
    void offer_locked(packet_ptr p) REQUIRES(_lock);
    transmit_descriptor& next_locked() REQUIRES(_lock);

    spinlock _lock{lock_rank::virtqueue};
    ring<transmit_descriptor> _ring GUARDED_BY(_lock);
    std::array<packet*, ring_size> _packets GUARDED_BY(_lock){}; // at each frame's last descriptor
    u32 _next GUARDED_BY(_lock) = 0;                             // that we fill
    u32 _oldest GUARDED_BY(_lock) = 0;                           // that the card may still read
    packet_queue _waiting GUARDED_BY(_lock);
    bool _asked_for_interrupt GUARDED_BY(_lock) = false;
    registers& _card;
    network_device::statistics& _counters;
};
} // namespace e1000
