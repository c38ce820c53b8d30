// Wire formats: checksums and headers against bytes computed by hand and by simple code.
#include <gtest/gtest.h>

#include <random>

#include "net/header/checksum.hh"
#include "net/header/ethernet.hh"
#include "net/header/ipv4.hh"
#include "net/header/ipv6.hh"
#include "net/header/nd.hh"
#include "net/header/tcp.hh"
#include "net/header/tcp_options.hh"

using namespace net;

namespace
{
u16 simple_sum(const std::vector<std::byte>& bytes)
{
    u32 sum = 0;
    for (size_t i = 0; i < bytes.size(); i += 2) {
        sum += static_cast<u32>(bytes[i]) | (i + 1 < bytes.size() ? static_cast<u32>(bytes[i + 1]) << 8 : 0);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return static_cast<u16>(sum);
}

packet_ptr packet_of(std::span<const std::byte> bytes)
{
    auto p = packet::create(0, static_cast<u32>(bytes.size())).take();
    std::copy(bytes.begin(), bytes.end(), p->append(static_cast<u32>(bytes.size())));
    return p;
}

TEST(checksum, agrees_with_the_simple_sum_at_any_length)
{
    std::mt19937 random(1);
    for (size_t length = 0; length < 300; length++) {
        std::vector<std::byte> bytes(length);
        for (auto& b : bytes)
            b = static_cast<std::byte>(random() % 5 ? random() : 0xff);
        EXPECT_EQ(fold(sum_bytes(0, bytes)) % 0xffff, simple_sum(bytes) % 0xffff);
    }
}

TEST(checksum, goes_over_slices_of_odd_length)
{
    std::mt19937 random(2);
    for (int round = 0; round < 200; round++) {
        std::vector<std::byte> all;
        auto p = packet::create(0, 100).take();
        for (unsigned i = 0, pieces = 1 + random() % 5; i < pieces; i++) {
            const auto length = static_cast<u32>(random() % 20);
            auto buffer = packet_buffer::create(length + 1).take();
            for (u32 n = 0; n < length; n++)
                all.push_back(buffer->data()[n] = static_cast<std::byte>(random()));
            std::byte* data = buffer->data();
            if (i == 0)
                std::copy_n(data, length, p->append(length));
            else
                ASSERT_TRUE(p->append({std::move(buffer), data, length}));
        }
        const auto offset = static_cast<u32>(all.empty() ? 0 : random() % all.size());
        const std::vector<std::byte> part(all.begin() + offset, all.end());
        EXPECT_EQ(fold(sum_packet(0, *p, offset, static_cast<u32>(part.size()))) % 0xffff,
                  simple_sum(part) % 0xffff);
    }
}

TEST(ipv4_header, is_checked)
{
    std::vector<std::byte> bytes(28);
    ipv4_header h;
    h.total_length = 28;
    h.protocol = 17;
    h.source = 0x0a00'0001;
    h.checksum.complete(sum_bytes(0, std::as_bytes(std::span(&h, 1))));
    std::memcpy(bytes.data(), &h, sizeof h);
    auto good = packet_of(bytes);
    ASSERT_TRUE(ipv4_header::find(*good));
    EXPECT_EQ(ipv4_header::find(*good)->payload_length(), 8u);
    EXPECT_EQ(ipv4_header::find(*good)->source_address().as_ipv4().value, 0x0a00'0001u);

    for (size_t i = 0; i < 20; i++) { // any damage is seen
        auto damaged = bytes;
        damaged[i] ^= std::byte{0x10};
        EXPECT_FALSE(ipv4_header::find(*packet_of(damaged))) << i;
    }
    EXPECT_FALSE(ipv4_header::find(*packet_of(std::span(bytes).first(27))));
    EXPECT_FALSE(ipv4_header::find(*packet_of(std::span(bytes).first(19))));
}

TEST(tcp_options, come_back_as_written)
{
    tcp_options o;
    o.max_segment = 1460;
    o.window_scale = 7;
    o.sack_permitted = true;
    o.timestamp = tcp_options::timestamps{0x0102'0304, 5};
    std::byte bytes[tcp_options::largest];
    ASSERT_EQ(o.write(bytes), o.length());
    EXPECT_EQ(o.length(), 20u);
    const auto read = tcp_options::parse({bytes, o.length()});
    EXPECT_EQ(read.max_segment, o.max_segment);
    EXPECT_EQ(read.window_scale, o.window_scale);
    EXPECT_TRUE(read.sack_permitted);
    EXPECT_EQ(read.timestamp->value, 0x0102'0304u);
    EXPECT_EQ(read.timestamp->echo, 5u);
    EXPECT_FALSE(read.damaged);

    tcp_options established;
    established.timestamp = tcp_options::timestamps{1, 2};
    established.sack_count = 3;
    for (u32 i = 0; i < 3; i++)
        established.sack[i] = {10 * i, 10 * i + 5};
    ASSERT_EQ(established.write(bytes), established.length());
    EXPECT_EQ(established.length(), 40u);
    const auto blocks = tcp_options::parse({bytes, 40});
    ASSERT_EQ(blocks.sack_count, 3);
    EXPECT_EQ(blocks.sack[2].left, 20u);
    EXPECT_EQ(blocks.sack[2].right, 25u);
    EXPECT_EQ(blocks.timestamp->echo, 2u);
}

TEST(tcp_options, damage_ends_the_reading)
{
    const auto parse = [](std::vector<u8> v) { return tcp_options::parse(std::as_bytes(std::span(v))); };
    EXPECT_TRUE(parse({2}).damaged);
    EXPECT_TRUE(parse({2, 0}).damaged);
    EXPECT_TRUE(parse({2, 1}).damaged);
    EXPECT_TRUE(parse({2, 5, 0, 0}).damaged);
    EXPECT_FALSE(parse({0, 99, 0, 0}).damaged);                         // behind the end
    EXPECT_FALSE(parse({253, 4, 0, 0, 1, 1, 1, 1}).damaged);            // unknown kind
    EXPECT_FALSE(parse({2, 3, 1, 1}).max_segment.has_value());          // known kind, wrong length
    EXPECT_EQ(parse({253, 4, 0, 0, 2, 4, 5, 0xb4}).max_segment, 1460u); // goes on behind the unknown
    EXPECT_EQ(parse({5, 34, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0,
                     4, 0,  0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8})
                  .sack_count,
              4);
}

TEST(nd_options, must_fill_the_message)
{
    const auto count = [](std::vector<u8> v) {
        int n = 0;
        return nd::for_each_option(std::as_bytes(std::span(v)), [&](nd::option_type, auto) { n++; }) ? n : -1;
    };
    EXPECT_EQ(count({}), 0);
    EXPECT_EQ(count({1, 1, 0, 0, 0, 0, 0, 0}), 1);
    EXPECT_EQ(count({1, 0, 0, 0, 0, 0, 0, 0}), -1);
    EXPECT_EQ(count({1, 2, 0, 0, 0, 0, 0, 0}), -1);
    EXPECT_EQ(count({1}), -1);
}

TEST(ethernet, groups_have_addresses)
{
    EXPECT_EQ(multicast_mac(ip_address(ipv4_address{0xe081'0203})), (mac_address{1, 0, 0x5e, 1, 2, 3}));
    EXPECT_EQ(multicast_mac(ip_address({0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 4, 5, 6})),
              (mac_address{0x33, 0x33, 0xff, 4, 5, 6}));
}
} // namespace
