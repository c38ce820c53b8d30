// Packets: head, slices and what moves between them.
#include "core/device/packet.hh"

#include <gtest/gtest.h>

#include <numeric>

namespace
{
packet_slice slice_of(u8 first, u32 length)
{
    auto buffer = packet_buffer::create(length).take();
    for (u32 i = 0; i < length; i++)
        buffer->data()[i] = static_cast<std::byte>(first + i);
    std::byte* const data = buffer->data();
    return {std::move(buffer), data, length};
}

std::vector<u8> bytes_of(const packet& p)
{
    std::vector<u8> bytes(p.length());
    p.copy_to(0, std::as_writable_bytes(std::span(bytes)));
    return bytes;
}

/// 0, 1, 2 ... in a head of 10 and slices of 20 and 30.
packet_ptr counting()
{
    auto p = packet::create(16, 64).take();
    std::byte* to = p->append(10);
    for (u8 i = 0; i < 10; i++)
        to[i] = static_cast<std::byte>(i);
    EXPECT_TRUE(p->append(slice_of(10, 20)));
    EXPECT_TRUE(p->append(slice_of(30, 30)));
    return p;
}

std::vector<u8> numbers(u8 first, u32 count)
{
    std::vector<u8> v(count);
    std::iota(v.begin(), v.end(), first);
    return v;
}

TEST(packet, head_moves_both_ways)
{
    auto p = packet::create(8, 4).take();
    EXPECT_EQ(p->length(), 0u);
    EXPECT_EQ(p->room(), 8u);
    *p->append(1) = std::byte{7};
    *p->prepend(2) = std::byte{5};
    EXPECT_EQ(p->length(), 3u);
    EXPECT_EQ(p->room(), 6u);
    p->consume(2);
    EXPECT_EQ(p->head().size(), 1u);
    EXPECT_EQ(p->head()[0], std::byte{7});
    EXPECT_EQ(p->append_room(), 3u);
}

TEST(packet, reads_over_slices)
{
    auto p = counting();
    EXPECT_EQ(p->length(), 60u);
    EXPECT_EQ(bytes_of(*p), numbers(0, 60));
    std::byte two[2];
    p->copy_to(29, two);
    EXPECT_EQ(two[0], std::byte{29});
    EXPECT_EQ(two[1], std::byte{30});
}

TEST(packet, becomes_linear_in_place_and_elsewhere)
{
    for (u32 bytes : {11u, 30u, 31u, 45u, 60u}) {
        auto p = counting();
        p->network_header = p->head().data();
        p->consume(4);
        ASSERT_TRUE(p->make_linear(bytes - 4)) << bytes;
        EXPECT_EQ(p->head().size(), bytes - 4);
        EXPECT_EQ(bytes_of(*p), numbers(4, 56)) << bytes;
        ASSERT_TRUE(p->network_header);
        EXPECT_EQ(p->network_header + 4, p->head().data());
    }
    auto received = packet::create(slice_of(0, 20)).take();
    ASSERT_TRUE(received->append(slice_of(20, 20)));
    received->link_header = received->head().data();
    received->consume(14);
    ASSERT_TRUE(received->make_linear(20));
    EXPECT_EQ(bytes_of(*received), numbers(14, 26));
    EXPECT_EQ(received->link_header + 14, received->head().data());
    EXPECT_EQ(received->make_linear(27).error(), errc::einval);
}

TEST(packet, is_cut_anywhere)
{
    for (u32 length = 0; length <= 61; length++) {
        auto p = counting();
        p->truncate(length);
        EXPECT_EQ(bytes_of(*p), numbers(0, std::min(length, 60u)));
    }
}

TEST(packet, parts_share_buffers)
{
    auto whole = counting();
    for (u32 offset = 0; offset < 60; offset += 7)
        for (u32 length = 0; offset + length <= 60; length += 5) {
            auto part = packet::create(0, 12).take();
            ASSERT_TRUE(part->append_part(*whole, offset, length));
            EXPECT_EQ(bytes_of(*part), numbers(static_cast<u8>(offset), length));
        }
    EXPECT_EQ(packet::create(0, 0).take()->append_part(*whole, 50, 11).error(), errc::einval);
}

TEST(packet, holds_many_slices_but_not_more)
{
    auto p = packet::create(0, 0).take();
    for (unsigned i = 0; i < packet::max_slices; i++)
        ASSERT_TRUE(p->append(slice_of(static_cast<u8>(i), 1)));
    EXPECT_EQ(p->append(slice_of(0, 1)).error(), errc::emsgsize);
    EXPECT_EQ(bytes_of(*p), numbers(0, packet::max_slices));
    ASSERT_TRUE(p->make_linear(packet::max_slices));
    EXPECT_EQ(bytes_of(*p), numbers(0, packet::max_slices));
    EXPECT_TRUE(p->slices().empty());
}

TEST(packet_queue, counts_what_it_holds)
{
    packet_queue q, other;
    const u32 footprint = counting()->footprint();
    q.push(counting());
    other.push(counting());
    other.push(counting());
    q.append(std::move(other));
    EXPECT_TRUE(other.empty());
    EXPECT_EQ(q.count(), 3u);
    EXPECT_EQ(q.footprint(), 3 * footprint);
    packet_queue moved = std::move(q);
    EXPECT_TRUE(q.empty());
    EXPECT_TRUE(moved.pop());
    EXPECT_EQ(moved.count(), 2u);
    moved.clear();
    EXPECT_FALSE(moved.pop());
    EXPECT_EQ(moved.footprint(), 0u);
}
} // namespace
