// The receiving half of a card: pages out, frames in.
//
//     request and answer n are about page n modulo their number: answers come in the order of the requests
//
// Frames are copied out of the pages, which stay granted: what is looked at cannot change any more. A frame
// may spread over several pages, with extra information behind the first; its pages are offered again when it
// is complete. Frames that make no sense are passed over up to their end. An answer out of order breaks the
// ring.
//
// No lock: fill() runs before the card receives, everything else in the card's deferred work.
#pragma once

#include "core/device/network_device.hh"
#include "drivers/xen/network_abi.hh"
#include "drivers/xen/page_pool.hh"
#include "drivers/xen/ring.hh"

namespace xen
{
class network_receive_ring
{
  public:
    network_receive_ring(void* ring_page, network_device::statistics& counters)
        : _ring(ring_page), _counters(counters)
    {
    }

    /// Allocates the pages. Errors: enomem, enospc.
    result<void> prepare(back_end& with) { return _pages.fill(with); }
    /// Offers them all.
    void fill();

    struct polled {
        packet_queue frames;
        bool more; // the limit ended it
    };
    /// Looks at `limit` answers at most.
    polled poll(u32 limit);

    /// Shows the back end the pages that were offered; whether it wants to be notified.
    [[nodiscard]] bool publish() { return _ring.publish(); }
    /// Asks for an event. True: there is something already, so poll again.
    [[nodiscard]] bool enable_events() { return !broken() && _ring.enable_events(); }
    bool broken() const { return _broken || _ring.broken(); }

  private:
    static constexpr u32 pages = 64;
    static constexpr u32 most_pieces = 18; // of 64 KiB
    static constexpr u32 longest_frame = 65535 + 18;
    static constexpr u32 copied_bytes = 256;

    struct piece {
        const std::byte* data;
        u32 length;
    };
    /// The frame of which answers are coming in.
    struct assembly {
        std::array<piece, most_pieces> pieces;
        u32 count = 0;
        u32 length = 0;
        u16 flags = 0; // of its first answer
        u8 protocol = 0;
        u16 segment_size = 0;
        bool extra_follows = false;
        bool data_follows = true;
        bool wrong = false;
    };

    bool take(const receive_answer& a, u32 index);
    void take_data(const receive_answer& a, const std::byte* page);
    void take_extra(const extra_info& e);
    packet_ptr finish();
    packet_ptr make_packet() const;
    void copy_to(u32 offset, std::span<std::byte> to) const;

    front_ring<receive_request, receive_answer> _ring;
    page_pool<pages> _pages;
    network_device::statistics& _counters;
    u32 _offered = 0; // requests so far
    u32 _taken = 0;   // answers so far
    assembly _frame;
    bool _broken = false;
};
} // namespace xen
