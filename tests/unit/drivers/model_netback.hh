// The back end of a Xen network card in the test process. It does nothing by itself: the test lets frames
// arrive, lets it read those that are to be sent, and may write what it likes onto the shared pages.
#pragma once

#include <cstdlib>
#include <cstring>
#include <deque>
#include <optional>
#include <vector>

#include "drivers/xen/network.hh"

class model_netback final : public xen::back_end, public network_device::receiver
{
  public:
    using bytes = std::vector<std::byte>;
    struct sent_frame {
        u16 flags = 0;
        std::optional<xen::extra_info> extra;
        bytes frame;
    };

    ~model_netback()
    {
        driver.reset();
        for (std::byte* const page : pages)
            mm::free_frames(mm::to_physical(page));
    }

    result<u32> share(phys_addr page) override
    {
        if (pages.size() == most_pages)
            return fail(errc::enospc);
        pages.push_back(mm::to_virtual<std::byte>(page));
        return static_cast<u32>(pages.size() - 1);
    }
    void notify() override { notified++; }

    /// A card with all that a back end may offer, or with less.
    xen::network& make(const xen::network::properties& p = {true, true, true, true})
    {
        auto made = xen::network::create(*this, {0, 0x16, 0x3e, 1, 2, 3}, 1500);
        if (!made)
            std::abort();
        driver = made.take();
        driver->set_properties(p);
        if (!driver->attach(*this))
            std::abort();
        sched::run_deferred_work();
        return *driver;
    }

    xen::ring_header& receive_header() { return header(driver->receive_grant()); }
    xen::ring_header& transmit_header() { return header(driver->transmit_grant()); }
    template <class T>
    T& slot(u32 ring, size_t slot_size, u32 index)
    {
        const u32 size = slot_size == sizeof(xen::receive_request) ? receive_ring::size : transmit_ring::size;
        return *reinterpret_cast<T*>(pages[ring] + sizeof(xen::ring_header) + index % size * slot_size);
    }
    xen::receive_request receive_request_at(u32 index)
    {
        return slot<xen::receive_request>(driver->receive_grant(), receive_ring::slot_size, index);
    }
    xen::transmit_request transmit_request_at(u32 index)
    {
        return slot<xen::transmit_request>(driver->transmit_grant(), transmit_ring::slot_size, index);
    }

    /// Pages that the driver offers.
    u32 offered() { return receive_header().request_producer - receive_header().answer_producer; }

    /// One answer on the receive ring, whatever it is.
    template <class Answer>
    void answer_receive(const Answer& a)
    {
        u32& index = receive_header().answer_producer;
        std::memcpy(&slot<Answer>(driver->receive_grant(), receive_ring::slot_size, index), &a, sizeof a);
        index++;
    }
    /// Data into the next page that was offered.
    void put_piece(std::span<const std::byte> data, u16 flags, u16 offset = 0)
    {
        const auto request = receive_request_at(receive_header().answer_producer);
        if (request.grant >= pages.size())
            return; // a hostile test has written over it
        std::memcpy(pages[request.grant] + offset, data.data(), data.size());
        answer_receive(xen::receive_answer{request.id, offset, flags, static_cast<s16>(data.size())});
    }
    /// A frame over as many pages as it needs; false: the driver has not offered so many.
    bool arrive(const bytes& frame, u16 flags = 0, std::optional<xen::extra_info> extra = {})
    {
        const size_t count = (frame.size() + page_size - 1) / page_size;
        if (offered() < count + (extra ? 1 : 0))
            return false;
        for (size_t at = 0; at < frame.size(); at += page_size) {
            const bool last = at + page_size >= frame.size();
            u16 piece_flags = last ? u16{0} : xen::frame_flag::more_data;
            if (at == 0)
                piece_flags |= flags | (extra ? xen::frame_flag::extra_info : u16{0});
            put_piece(std::span(frame).subspan(at, std::min(page_size, frame.size() - at)), piece_flags);
            if (at == 0 && extra)
                answer_receive(*extra);
        }
        return true;
    }

    /// Reads at most so many requests; frames are put together, requests are answered.
    void transmit(u32 limit = ~u32{0}, s16 status = xen::transmit_answer::good)
    {
        while (limit-- > 0 && _transmit_taken != transmit_header().request_producer) {
            const auto request = transmit_request_at(_transmit_taken++);
            if (_extra_follows) {
                _current.extra = std::bit_cast<whole_extra>(request).info;
                _extra_follows = false;
                answer_transmit(request.id, xen::transmit_answer::of_extra_info);
            } else {
                take_piece(request);
                answer_transmit(request.id, status);
            }
            if (!_extra_follows && !_more_follows)
                sent.push_back(std::exchange(_current, {}));
        }
    }
    void answer_transmit(u16 id, s16 status)
    {
        const xen::transmit_answer a{id, status};
        u32& index = transmit_header().answer_producer;
        std::memcpy(&slot<xen::transmit_answer>(driver->transmit_grant(), transmit_ring::slot_size, index++),
                    &a, sizeof a);
    }

    /// The event, and what the driver does about it.
    void raise()
    {
        driver->interrupt();
        sched::run_deferred_work();
    }

    void receive(network_device&, packet_queue frames) override
    {
        while (auto p = frames.pop())
            received.push_back(std::move(p));
    }
    void link_changed(network_device&) override { link_changes++; }

    std::vector<std::byte*> pages;
    size_t most_pages = 1000;
    unsigned notified = 0;
    unsigned link_changes = 0;
    std::vector<sent_frame> sent;
    std::vector<packet_ptr> received;
    unique_ptr<xen::network> driver;

  private:
    using receive_ring = xen::front_ring<xen::receive_request, xen::receive_answer>;
    using transmit_ring = xen::front_ring<xen::transmit_request, xen::transmit_answer>;
    struct whole_extra {
        xen::extra_info info;
        u32 rest;
    };

    xen::ring_header& header(u32 grant) { return *reinterpret_cast<xen::ring_header*>(pages[grant]); }

    /// The first request of a frame has the length of all of it.
    void take_piece(const xen::transmit_request& r)
    {
        const bool first = _current.frame.empty();
        if (first) {
            _current.flags = r.flags;
            _left = r.length;
            _extra_follows = r.flags & xen::frame_flag::extra_info;
        }
        _more_follows = r.flags & xen::frame_flag::more_data;
        // How much of the first piece there is shows when the others are known.
        const u32 length = first && _more_follows ? static_cast<u32>(page_size) : first ? _left : r.length;
        const auto* const data = pages[r.grant] + r.offset;
        _current.frame.insert(_current.frame.end(), data, data + length);
    }

    u32 _transmit_taken = 0;
    u32 _left = 0;
    bool _extra_follows = false;
    bool _more_follows = false;
    sent_frame _current;
};
