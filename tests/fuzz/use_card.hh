// What a fuzzer lets the stack above a network card do: look at what came in, and send.
#pragma once

#include <cstring>
#include <vector>

#include "core/device/network_device.hh"
#include "tests/fuzz/fuzz_input.hh"

/// Every byte that came up is looked at.
inline void look_at(const packet& p)
{
    static volatile u64 sum = 0;
    std::vector<std::byte> all(p.length());
    p.copy_to(0, all);
    for (const std::byte b : all)
        sum = sum + static_cast<u8>(b);
}

/// A head of `head` bytes and up to 18 slices. Null: more than a packet takes.
inline packet_ptr make_packet(fuzz_input& input, u32 head, u32 slice)
{
    auto p = packet::create(0, head).take();
    std::memset(p->append(head), 0x45, head);
    for (unsigned n = input.byte() % 19; n > 0; n--) {
        auto buffer = packet_buffer::create(slice).take();
        std::byte* const data = buffer->data();
        std::memset(data, 0x46, slice);
        if (!p->append(packet_slice{std::move(buffer), data, slice}))
            return {};
    }
    if (input.byte() % 2)
        p->checksum = packet_checksum::partial;
    if (input.byte() % 2) {
        p->segmentation = input.byte() % 2 ? packet_segmentation::tcp4 : packet_segmentation::tcp6;
        p->segment_size = input.half();
    }
    return p;
}

inline void send(network_device& card, packet_ptr p)
{
    packet_queue q;
    q.push(std::move(p));
    card.transmit(std::move(q));
}
