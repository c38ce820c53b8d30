// The e1000's rings against a model card.
#include <gtest/gtest.h>

#include "net/header/checksum.hh"
#include "tests/unit/drivers/model_e1000.hh"

namespace
{
using bytes = model_e1000::bytes;

struct machine {
    machine()
    {
        auto made = e1000::card::create(model);
        EXPECT_TRUE(made);
        card = made.take();
        EXPECT_TRUE(card->attach(model));
    }
    /// What a CPU does when the interrupt comes.
    void interrupt()
    {
        card->interrupt();
        sched::run_deferred_work();
    }
    model_e1000 model;
    unique_ptr<e1000::card> card;
};

bytes frame(size_t length, u8 first = 1)
{
    bytes b(length);
    for (size_t i = 0; i < length; i++)
        b[i] = static_cast<std::byte>(first + i * 3);
    return b;
}

packet_ptr packet_of(const bytes& content)
{
    auto p = packet::create(0, static_cast<u32>(content.size()));
    std::memcpy((*p)->append(static_cast<u32>(content.size())), content.data(), content.size());
    return p.take();
}

bytes content(const packet& p)
{
    bytes b(p.length());
    p.copy_to(0, b);
    return b;
}

void send(e1000::card& card, packet_ptr p)
{
    packet_queue q;
    q.push(std::move(p));
    card.transmit(std::move(q));
}
} // namespace

TEST(e1000, starts)
{
    machine m;
    EXPECT_EQ(m.card->address(), (mac_address{8, 0, 0, 0x27, 1, 2}));
    EXPECT_TRUE(m.card->link_up());
    EXPECT_EQ(m.model.reg(e1000::reg::receive_ring) % 128, 0u);
    EXPECT_EQ(m.model.reg(e1000::reg::receive_tail), m.model.receive_size() - 1);
}

TEST(e1000, a_card_that_does_not_come_back_or_has_no_address_is_refused)
{
    model_e1000 stuck;
    stuck.stuck = true;
    EXPECT_EQ(e1000::card::create(stuck).error(), errc::eio);
    model_e1000 nameless;
    nameless.registers[e1000::reg::address_high / 4] = 0;
    EXPECT_EQ(e1000::card::create(nameless).error(), errc::eio);
    model_e1000 group;
    group.registers[e1000::reg::address_low / 4] |= 1;
    EXPECT_EQ(e1000::card::create(group).error(), errc::eio);
}

TEST(e1000, receives_frames_of_all_lengths)
{
    machine m;
    for (const size_t length : {14u, 60u, 256u, 257u, 1514u, 2048u}) {
        ASSERT_TRUE(m.model.arrive(frame(length)));
        m.interrupt();
        ASSERT_EQ(m.model.received.size(), 1u) << length;
        EXPECT_EQ(content(*m.model.received[0]), frame(length));
        m.model.received.clear();
    }
    EXPECT_EQ(m.card->counters().received_packets, 6u);
}

TEST(e1000, the_ring_goes_round)
{
    machine m;
    for (unsigned round = 0; round < 10; round++) {
        unsigned arrived = 0;
        while (m.model.arrive(frame(300, static_cast<u8>(arrived))))
            arrived++;
        EXPECT_EQ(arrived, m.model.receive_size() - 1);
        m.interrupt();
        ASSERT_EQ(m.model.received.size(), arrived);
        for (unsigned i = 0; i < arrived; i++)
            EXPECT_EQ(content(*m.model.received[i]), frame(300, static_cast<u8>(i)));
        m.model.received.clear();
        EXPECT_TRUE(m.model.unmasked & e1000::cause::received);
    }
}

TEST(e1000, what_the_card_says_of_checksums)
{
    namespace d = e1000;
    constexpr u8 end = d::receive_descriptor::end_of_packet,
                 checked = d::receive_descriptor::transport_checked;
    machine m;
    m.model.arrive(frame(100), end | checked);
    m.model.arrive(frame(100), end);
    m.model.arrive(frame(100), end | checked, 0x20); // and it is wrong: the stack looks itself
    m.model.arrive(frame(100), end | checked | d::receive_descriptor::no_checksum);
    m.interrupt();
    ASSERT_EQ(m.model.received.size(), 4u);
    EXPECT_EQ(m.model.received[0]->checksum, packet_checksum::valid);
    for (size_t i = 1; i < 4; i++)
        EXPECT_EQ(m.model.received[i]->checksum, packet_checksum::unknown);
}

TEST(e1000, damaged_and_long_frames_are_dropped_to_their_end)
{
    machine m;
    m.model.arrive(frame(100), e1000::receive_descriptor::end_of_packet, 1); // CRC
    m.model.arrive(frame(2048), 0);                                          // goes on ...
    m.model.arrive(frame(100));                                              // ... to here
    m.model.arrive(frame(13));
    m.model.arrive(frame(60, 9));
    m.interrupt();
    ASSERT_EQ(m.model.received.size(), 1u);
    EXPECT_EQ(content(*m.model.received[0]), frame(60, 9));
    EXPECT_EQ(m.card->counters().received_errors, 4u);
}

TEST(e1000, a_length_beyond_the_buffer_is_not_believed)
{
    machine m;
    m.model.arrive(frame(100));
    m.model.receive_ring()[0].length = 0xffff;
    m.interrupt();
    EXPECT_TRUE(m.model.received.empty());
    EXPECT_EQ(m.card->counters().received_errors, 1u);
}

TEST(e1000, sends_head_and_slices)
{
    machine m;
    auto p = packet_of(frame(54));
    bytes expected = frame(54);
    for (unsigned i = 0; i < 3; i++) {
        auto buffer = packet_buffer::create(packet_buffer::page_capacity).take();
        const bytes part = frame(3000, static_cast<u8>(i));
        std::memcpy(buffer->data(), part.data(), part.size());
        expected.insert(expected.end(), part.begin(), part.end());
        std::byte* const data = buffer->data();
        ASSERT_TRUE(p->append(packet_slice{std::move(buffer), data, 3000}));
    }
    send(*m.card, std::move(p));
    m.model.transmit();
    ASSERT_EQ(m.model.sent.size(), 1u);
    EXPECT_EQ(m.model.sent[0].frame, expected);
    EXPECT_FALSE(m.model.sent[0].has_context);
}

TEST(e1000, leaves_checksums_to_the_card)
{
    machine m;
    auto p = packet_of(frame(100));
    p->checksum = packet_checksum::partial;
    p->transport_header = p->head().data() + 34;
    p->checksum_offset = 16;
    send(*m.card, std::move(p));
    m.model.transmit();
    ASSERT_EQ(m.model.sent.size(), 1u);
    const auto& f = m.model.sent[0];
    ASSERT_TRUE(f.has_context);
    EXPECT_EQ(f.context.context.transport_start, 34);
    EXPECT_EQ(f.context.context.transport_checksum, 50);
    EXPECT_EQ(f.options, e1000::transmit_descriptor::insert_transport_checksum);
    EXPECT_FALSE(f.command & e1000::transmit_descriptor::segment);
}

TEST(e1000, leaves_segments_to_the_card_without_their_lengths)
{
    machine m;
    const u32 payload = 3000, headers = 14 + 20 + 20;
    bytes content = frame(headers + payload);
    content[14] = std::byte{0x45};
    content[34 + 12] = std::byte{0x50}; // a TCP header of 20 bytes
    auto p = packet_of(content);
    p->network_header = p->head().data() + 14;
    p->transport_header = p->head().data() + 34;
    p->checksum = packet_checksum::partial;
    p->checksum_offset = 16;
    p->segmentation = packet_segmentation::tcp4;
    p->segment_size = 1460;
    const u32 length = 20 + payload;
    const u32 bare = 0x1234, with_length = bare + length; // of the pseudo header
    p->transport_header[16] = static_cast<std::byte>(with_length >> 8);
    p->transport_header[17] = static_cast<std::byte>(with_length);
    send(*m.card, std::move(p));
    m.model.transmit();
    ASSERT_EQ(m.model.sent.size(), 1u);
    const auto& f = m.model.sent[0];
    namespace t = e1000;
    EXPECT_TRUE(f.context.command & t::transmit_descriptor::segment);
    EXPECT_TRUE(f.context.command & t::transmit_descriptor::is_ipv4);
    EXPECT_EQ(f.context.command & t::transmit_descriptor::length_mask, payload);
    EXPECT_EQ(f.context.options, headers);
    EXPECT_EQ(f.context.segment_size, 1460);
    EXPECT_EQ(f.context.context.ip_start, 14);
    EXPECT_EQ(f.context.context.ip_end, 33);
    EXPECT_EQ(f.frame[16], std::byte{0});
    EXPECT_EQ(f.frame[17], std::byte{0});
    EXPECT_EQ(f.frame[24], std::byte{0});
    EXPECT_EQ(f.frame[50], std::byte{0x12});
    EXPECT_EQ(f.frame[51], std::byte{0x34});
}

TEST(e1000, a_full_ring_makes_frames_wait_and_asks_for_an_interrupt)
{
    machine m;
    constexpr unsigned many = 700;
    for (unsigned i = 0; i < many; i++)
        send(*m.card, packet_of(frame(60, static_cast<u8>(i))));
    EXPECT_TRUE(m.model.unmasked & e1000::cause::transmitted);
    while (m.model.sent.size() < many) {
        const size_t before = m.model.sent.size();
        m.model.transmit(100);
        m.interrupt();
        ASSERT_GT(m.model.sent.size(), before);
    }
    for (unsigned i = 0; i < many; i++)
        EXPECT_EQ(m.model.sent[i].frame, frame(60, static_cast<u8>(i)));
    EXPECT_FALSE(m.model.unmasked & e1000::cause::transmitted);
    EXPECT_EQ(m.card->counters().sent_dropped, 0u);
}

TEST(e1000, what_does_not_fit_into_the_queue_is_dropped)
{
    machine m;
    for (unsigned i = 0; i < 2000; i++)
        send(*m.card, packet_of(frame(60)));
    EXPECT_GT(m.card->counters().sent_dropped, 0u);
}

TEST(e1000, groups_go_into_the_filter)
{
    machine m;
    const mac_address group{0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb};
    ASSERT_TRUE(m.card->set_filter({.multicast = {&group, 1}}));
    const u32 hash = (0x00 >> 4 | 0xfb << 4) & 0xfff;
    EXPECT_EQ(m.model.reg(e1000::reg::multicast_table + 4 * (hash / 32)), u32{1} << hash % 32);
    ASSERT_TRUE(m.card->set_filter({.multicast = {}, .promiscuous = true}));
    EXPECT_TRUE(m.model.reg(e1000::reg::receive_control) & e1000::receive_bit::all_unicast);
}

TEST(e1000, the_link_is_followed)
{
    machine m;
    m.model.registers[e1000::reg::status / 4] = 0;
    m.model.registers[e1000::reg::interrupt_cause / 4] = e1000::cause::link_changed;
    m.interrupt();
    EXPECT_EQ(m.model.link_changes, 1u);
    EXPECT_FALSE(m.card->link_up());
    m.interrupt(); // not ours
    EXPECT_EQ(m.model.link_changes, 1u);
}
