// Fragments in any order, twice, overlapping, and too many of them.
#include "net/ip/reassembly.hh"

#include <gtest/gtest.h>

#include "net/header/ipv4.hh"
#include "net/testing/two_hosts.hh"

using namespace net;
using namespace net::testing;

namespace
{
constexpr u32 header = sizeof(ipv4_header);

struct stage : two_hosts {
    /// Bytes of the payload are their offsets.
    packet_ptr add(u32 id, u32 offset, u32 length, bool more)
    {
        auto p = packet::create(packet::header_room, length).take();
        std::byte* to = p->append(length);
        for (u32 i = 0; i < length; i++)
            to[i] = static_cast<std::byte>(offset + i);
        prepend<ipv4_header>(*p).total_length = static_cast<u16>(header + length);
        const reassembly::fragment f{
            .id = id, .protocol = 17, .offset = offset, .header = header, .more = more};
        return left.stack->reassembly().add(*left.eth0, right_address(), left_address(), f, std::move(p));
    }
    u64 failed() { return left.stack->counters().ip4.reassembly_failed.value(); }
    u64 memory() { return left.stack->reassembly().memory_in_use(); }
};

void expect_whole(const packet_ptr& p, u32 length)
{
    ASSERT_TRUE(p);
    ASSERT_EQ(p->length(), header + length);
    std::vector<std::byte> bytes(length);
    p->copy_to(header, bytes);
    for (u32 i = 0; i < length; i++)
        ASSERT_EQ(bytes[i], static_cast<std::byte>(i)) << i;
}

TEST(reassembly, any_order)
{
    stage s;
    std::vector<int> order{0, 1, 2, 3};
    u32 id = 0;
    do {
        packet_ptr whole;
        id++;
        for (int n : order) {
            EXPECT_FALSE(whole);
            whole = s.add(id, static_cast<u32>(n) * 800, n == 3 ? 100 : 800, n != 3);
        }
        expect_whole(whole, 2500);
        EXPECT_EQ(s.memory(), 0u);
    } while (std::next_permutation(order.begin(), order.end()));
    EXPECT_EQ(s.failed(), 0u);
}

TEST(reassembly, duplicates_do_no_harm)
{
    stage s;
    for (int i = 0; i < 3; i++)
        EXPECT_FALSE(s.add(1, 0, 800, true));
    for (int i = 0; i < 3; i++)
        EXPECT_FALSE(s.add(1, 1600, 8, false));
    expect_whole(s.add(1, 800, 800, true), 1608);
    EXPECT_EQ(s.failed(), 0u);
}

TEST(reassembly, overlaps_cost_the_datagram)
{
    stage s;
    EXPECT_FALSE(s.add(1, 0, 800, true));
    EXPECT_FALSE(s.add(1, 792, 800, true)); // begins inside the first
    EXPECT_EQ(s.failed(), 1u);
    EXPECT_EQ(s.memory(), 0u);
    EXPECT_FALSE(s.add(2, 0, 800, true));
    EXPECT_FALSE(s.add(2, 0, 400, true)); // a part of it
    EXPECT_EQ(s.failed(), 2u);
    EXPECT_FALSE(s.add(3, 800, 100, false));
    EXPECT_FALSE(s.add(3, 800, 108, false)); // two ends
    EXPECT_EQ(s.failed(), 3u);
    EXPECT_FALSE(s.add(4, 800, 100, false));
    EXPECT_FALSE(s.add(4, 1600, 800, true)); // behind the end
    EXPECT_EQ(s.failed(), 4u);
    EXPECT_EQ(s.memory(), 0u);
}

TEST(reassembly, impossible_pieces)
{
    stage s;
    EXPECT_FALSE(s.add(1, 0, 801, true));      // no multiple of 8
    EXPECT_FALSE(s.add(1, 65'528, 800, true)); // beyond 64 KiB
    EXPECT_FALSE(s.add(1, 0, 0, true));        // nothing
    EXPECT_EQ(s.failed(), 3u);
    EXPECT_EQ(s.memory(), 0u);
}

TEST(reassembly, a_flood_is_bounded)
{
    stage s;
    for (u32 id = 0; id < 20'000; id++) {
        EXPECT_FALSE(s.add(id, 8, 1400, true));
        ASSERT_LE(s.memory(), reassembly::memory_limit);
    }
    EXPECT_GT(s.memory(), reassembly::memory_limit / 2);
    run_for(seconds(31));
    EXPECT_EQ(s.memory(), 0u);
}
} // namespace
