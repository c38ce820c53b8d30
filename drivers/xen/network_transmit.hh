// The sending half of a card: frames are copied into pages of its own, which stay granted, packed without
// gaps.
//
//     | first page, whole length | extra information | page | page |      requests of a large TCP segment
//
// A packet is freed as soon as it has been copied. Pages that the back end has read are used again when
// others are sent or received, without an event; only when there are too few do frames wait here, and then an
// event is asked for. What does not fit into that queue either is dropped.
//
// Locking: `_lock` around the ring, because any CPU may send. Packets are freed without it.
#pragma once

#include "core/device/network_device.hh"
#include "core/sync/spinlock.hh"
#include "drivers/xen/network_abi.hh"
#include "drivers/xen/page_pool.hh"
#include "drivers/xen/ring.hh"

namespace xen
{
class network_transmit_ring
{
  public:
    network_transmit_ring(void* ring_page, network_device::statistics& counters)
        : _ring(ring_page), _counters(counters)
    {
    }

    /// Allocates the pages. Errors: enomem, enospc.
    result<void> prepare(back_end& with);

    /// What the back end takes at once: one page, or as many as 64 KiB need.
    void set_scatter_gather(bool offered) { _most_pieces = offered ? most_pieces : 1; }

    /// Hands frames over; whether the back end wants to be notified. Any context.
    [[nodiscard]] bool send(packet_queue frames);
    /// Sends what waits, as far as there are pages again.
    [[nodiscard]] bool clean_up();
    /// Nothing is sent any more: what waits is dropped.
    void stop();
    bool broken();

  private:
    static constexpr u32 pages = 64;
    static constexpr u32 most_pieces = 18;
    static constexpr u32 most_waiting = 1000; // Linux's txqueuelen

    using ring_type = front_ring<transmit_request, transmit_answer>;
    static_assert(ring_type::size >= 2 * pages); // a page has a request, and at most one extra each

    void reclaim_locked() REQUIRES(_lock);
    void fill_locked(packet_queue& copied) REQUIRES(_lock);
    bool make_room_locked(u32 pieces) REQUIRES(_lock);
    void offer_locked(const packet& p) REQUIRES(_lock);
    bool unusable_locked() const REQUIRES(_lock) { return _stopped || _broken || _ring.broken(); }

    spinlock _lock{lock_rank::virtqueue};
    ring_type _ring GUARDED_BY(_lock);
    page_pool<pages> _pages;                           // a page is ours or the back end's:
    std::array<bool, pages> _lent GUARDED_BY(_lock){}; // it has this one
    std::array<u16, pages> _free GUARDED_BY(_lock);    // these are ours
    u32 _free_count GUARDED_BY(_lock) = 0;
    packet_queue _waiting GUARDED_BY(_lock);
    bool _stopped GUARDED_BY(_lock) = false;
    bool _broken GUARDED_BY(_lock) = false; // an answer about a page that is ours
    u32 _most_pieces = 1;
    network_device::statistics& _counters;
};
} // namespace xen
