// An 82540EM in the test process. It does nothing by itself: the test lets frames arrive, and lets it read
// the frames that are to be sent; checksums and segments are only noted.
#pragma once

#include <cstring>
#include <deque>
#include <vector>

#include "drivers/e1000/card.hh"

class model_e1000 final : public e1000::registers, public network_device::receiver
{
  public:
    using bytes = std::vector<std::byte>;
    struct sent_frame {
        e1000::transmit_descriptor context{};
        bool has_context = false;
        u32 command = 0;
        u8 options = 0;
        bytes frame;
    };

    model_e1000()
    {
        registers[e1000::reg::address_low / 4] = 0x2700'0008;
        registers[e1000::reg::address_high / 4] = 0x8000'0201;
        registers[e1000::reg::status / 4] = e1000::status_bit::link_up;
    }

    u32 read(u32 offset) override
    {
        const u32 value = registers[offset / 4];
        if (offset == e1000::reg::interrupt_cause)
            registers[offset / 4] = 0;
        if (offset == e1000::reg::control)
            registers[offset / 4] &= ~e1000::control_bit::reset;
        return offset == e1000::reg::control && stuck ? e1000::control_bit::reset : value;
    }
    void write(u32 offset, u32 value) override
    {
        writes++;
        if (offset == e1000::reg::interrupt_set)
            unmasked |= value;
        else if (offset == e1000::reg::interrupt_clear)
            unmasked &= ~value;
        else
            registers[offset / 4] = value;
    }

    u32 reg(u32 offset) const { return registers[offset / 4]; }

    template <class Descriptor>
    Descriptor* ring(u32 low, u32 high)
    {
        return reinterpret_cast<Descriptor*>(reg(low) | u64{reg(high)} << 32);
    }
    e1000::receive_descriptor* receive_ring()
    {
        return ring<e1000::receive_descriptor>(e1000::reg::receive_ring, e1000::reg::receive_ring_high);
    }
    u32 receive_size() const { return reg(e1000::reg::receive_ring_bytes) / 16; }

    /// Puts a frame into the next buffer; false: the card has none.
    bool arrive(const bytes& frame, u8 status = e1000::receive_descriptor::end_of_packet, u8 errors = 0)
    {
        u32& head = registers[e1000::reg::receive_head / 4];
        if (head == reg(e1000::reg::receive_tail))
            return false;
        auto& d = receive_ring()[head];
        std::memcpy(reinterpret_cast<void*>(d.address), frame.data(), frame.size());
        d.length = static_cast<u16>(frame.size());
        d.errors = errors;
        d.status = status | e1000::receive_descriptor::done;
        head = (head + 1) % receive_size();
        registers[e1000::reg::interrupt_cause / 4] |= e1000::cause::received;
        return true;
    }

    /// Reads at most `limit` descriptors that are to be sent.
    void transmit(u32 limit = ~u32{0})
    {
        auto* const descriptors =
            ring<e1000::transmit_descriptor>(e1000::reg::transmit_ring, e1000::reg::transmit_ring_high);
        u32& head = registers[e1000::reg::transmit_head / 4];
        for (; limit > 0 && head != reg(e1000::reg::transmit_tail); limit--) {
            auto& d = descriptors[head];
            head = (head + 1) % (reg(e1000::reg::transmit_ring_bytes) / 16);
            if (!(d.command & e1000::transmit_descriptor::is_data)) {
                _current.context = d;
                _current.has_context = true;
                continue;
            }
            const auto* const data = reinterpret_cast<const std::byte*>(d.address);
            if (reads_frames)
                _current.frame.insert(_current.frame.end(), data,
                                      data + (d.command & e1000::transmit_descriptor::length_mask));
            _current.options = d.options;
            _current.command = d.command;
            if (d.command & e1000::transmit_descriptor::report)
                d.status = e1000::transmit_descriptor::done;
            if (d.command & e1000::transmit_descriptor::end_of_packet)
                sent.push_back(std::exchange(_current, {}));
        }
        registers[e1000::reg::interrupt_cause / 4] |= e1000::cause::transmitted;
    }

    void receive(network_device&, packet_queue frames) override
    {
        while (auto p = frames.pop())
            received.push_back(std::move(p));
    }
    void link_changed(network_device&) override { link_changes++; }

    u32 registers[e1000::reg::size / 4] = {};
    u32 unmasked = 0;
    unsigned writes = 0;
    unsigned link_changes = 0;
    bool stuck = false;
    bool reads_frames = true;
    std::vector<sent_frame> sent;
    std::vector<packet_ptr> received;

  private:
    sent_frame _current;
};
