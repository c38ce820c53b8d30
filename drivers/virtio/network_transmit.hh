// The sending half of a queue pair (virtio 1.2 §5.1.6.2).
//
// Frames that the device has read are freed when others are sent or received, without an interrupt. Only when
// the ring is full do frames wait here, and then an interrupt is asked for; what does not fit into that queue
// either is dropped.
//
// Locking: `_lock` around the ring, because any CPU may send. Packets are freed without it.
#pragma once

#include "core/device/network_device.hh"
#include "core/sync/spinlock.hh"
#include "drivers/virtio/network_header.hh"
#include "drivers/virtio/virtqueue.hh"

namespace virtio
{
class network_transmit_ring
{
  public:
    network_transmit_ring(unique_ptr<virtqueue> queue, network_device::statistics& counters)
        : _queue(std::move(queue)), _counters(counters)
    {
    }

    /// Only when the device has stopped.
    ~network_transmit_ring();

    /// Hands frames to the device; whether to notify it. Any context.
    [[nodiscard]] bool send(packet_queue frames);

    /// Frees what the device has read and sends what waits; whether to notify it. Any context.
    [[nodiscard]] bool clean_up();

  private:
    static constexpr u32 most_waiting = 1000; // Linux's txqueuelen

    void reclaim_locked(packet_queue& read) REQUIRES(_lock);
    void fill_ring_locked(packet_queue& read) REQUIRES(_lock);
    bool make_room_locked(u16 descriptors, packet_queue& read) REQUIRES(_lock);
    result<void> offer_locked(packet& p) REQUIRES(_lock);

    spinlock _lock{lock_rank::virtqueue};
    unique_ptr<virtqueue> _queue GUARDED_BY(_lock);
    packet_queue _waiting GUARDED_BY(_lock);
    network_device::statistics& _counters;
};
} // namespace virtio
