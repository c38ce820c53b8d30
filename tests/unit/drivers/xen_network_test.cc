// xen-netfront against a model back end, honest and not.
#include <gtest/gtest.h>

#include "tests/unit/drivers/model_netback.hh"

namespace
{
using bytes = model_netback::bytes;

bytes pattern(size_t length, unsigned seed = 1)
{
    bytes b(length);
    for (size_t i = 0; i < length; i++)
        b[i] = static_cast<std::byte>(seed + i * 7 + i / 256);
    return b;
}

bytes content(const packet& p)
{
    bytes b(p.length());
    p.copy_to(0, b);
    return b;
}

packet_ptr packet_of(const bytes& b)
{
    const auto head = static_cast<u32>(std::min<size_t>(b.size(), 100));
    auto p = packet::create(0, head).take();
    std::memcpy(p->append(head), b.data(), head);
    for (size_t at = head; at < b.size();) {
        auto buffer = packet_buffer::create(packet_buffer::page_capacity).take();
        const auto part = static_cast<u32>(std::min<size_t>(b.size() - at, buffer->capacity()));
        std::byte* const data = buffer->data();
        std::memcpy(data, b.data() + at, part);
        EXPECT_TRUE(p->append(packet_slice{std::move(buffer), data, part}));
        at += part;
    }
    return p;
}

void send(xen::network& card, packet_ptr p)
{
    packet_queue q;
    q.push(std::move(p));
    card.transmit(std::move(q));
}
} // namespace

TEST(xen_network, receives_frames_of_all_sizes)
{
    model_netback back;
    auto& card = back.make();
    for (const size_t length : {14u, 60u, 256u, 257u, 1514u, 4080u, 4081u, 4096u}) {
        ASSERT_TRUE(back.arrive(pattern(length)));
        back.raise();
        ASSERT_EQ(back.received.size(), 1u) << length;
        EXPECT_EQ(content(*back.received[0]), pattern(length));
        EXPECT_EQ(back.received[0]->checksum, packet_checksum::unknown);
        back.received.clear();
    }
    EXPECT_EQ(card.counters().received_packets.load(), 8u);
    EXPECT_EQ(back.offered(), 64u);
}

TEST(xen_network, receives_more_frames_than_the_ring_has_pages)
{
    model_netback back;
    back.make();
    for (unsigned i = 0; i < 1000; i++) {
        ASSERT_TRUE(back.arrive(pattern(200 + i % 1300, i)));
        if (i % 40 == 39)
            back.raise();
    }
    ASSERT_EQ(back.received.size(), 1000u);
    for (unsigned i = 0; i < 1000; i++)
        ASSERT_EQ(content(*back.received[i]), pattern(200 + i % 1300, i)) << i;
}

TEST(xen_network, receives_a_frame_of_many_pages_with_its_segments)
{
    model_netback back;
    auto& card = back.make();
    const bytes frame = pattern(65000);
    ASSERT_TRUE(
        back.arrive(frame, xen::frame_flag::checksum_blank,
                    xen::extra_info{xen::extra_info::segmentation, 0, 1448, xen::extra_info::tcp4, 0, 0}));
    back.raise();
    ASSERT_EQ(back.received.size(), 1u);
    EXPECT_EQ(content(*back.received[0]), frame);
    EXPECT_EQ(back.received[0]->checksum, packet_checksum::valid);
    EXPECT_EQ(back.received[0]->segmentation, packet_segmentation::tcp4);
    EXPECT_EQ(back.received[0]->segment_size, 1448);
    EXPECT_EQ(back.offered(), 64u);
    EXPECT_EQ(card.counters().received_errors.load(), 0u);
}

TEST(xen_network, a_frame_may_come_in_parts)
{
    model_netback back;
    back.make();
    const bytes frame = pattern(6000);
    back.put_piece(std::span(frame).first(4096), xen::frame_flag::more_data);
    back.raise();
    EXPECT_TRUE(back.received.empty());
    back.put_piece(std::span(frame).subspan(4096), 0, 100);
    back.raise();
    ASSERT_EQ(back.received.size(), 1u);
    EXPECT_EQ(content(*back.received[0]), frame);
}

TEST(xen_network, passes_over_frames_that_make_no_sense)
{
    model_netback back;
    auto& card = back.make();
    const auto next_id = [&] { return back.receive_request_at(back.receive_header().answer_producer).id; };
    back.answer_receive(xen::receive_answer{next_id(), 0, 0, -1});          // an error
    back.answer_receive(xen::receive_answer{next_id(), 4000, 0, 97});       // beyond the page
    back.answer_receive(xen::receive_answer{next_id(), 0xffff, 0, 0x7fff}); // far beyond
    back.answer_receive(xen::receive_answer{next_id(), 0, 0, 13});          // no header
    back.raise();
    EXPECT_EQ(card.counters().received_errors.load(), 4u);
    // Longer than any frame: passed over to its end, with pages offered again meanwhile.
    for (unsigned i = 0; i < 200; i++) {
        ASSERT_GT(back.offered(), 0u);
        back.put_piece(pattern(4096), xen::frame_flag::more_data);
        back.raise();
    }
    back.put_piece(pattern(10), 0);
    ASSERT_TRUE(back.arrive(pattern(600)));
    back.raise();
    EXPECT_EQ(card.counters().received_errors.load(), 5u);
    ASSERT_EQ(back.received.size(), 1u);
    EXPECT_EQ(content(*back.received[0]), pattern(600));
    EXPECT_TRUE(card.link_up());
}

TEST(xen_network, segments_of_no_kind_or_size_are_errors)
{
    model_netback back;
    auto& card = back.make();
    ASSERT_TRUE(back.arrive(pattern(600), 0, xen::extra_info{xen::extra_info::segmentation, 0, 0, 1, 0, 0}));
    ASSERT_TRUE(
        back.arrive(pattern(600), 0, xen::extra_info{xen::extra_info::segmentation, 0, 1000, 9, 0, 0}));
    ASSERT_TRUE(
        back.arrive(pattern(600), 0, xen::extra_info{77, 0, 1000, 9, 0, 0})); // of a kind nobody knows
    back.raise();
    EXPECT_EQ(card.counters().received_errors.load(), 2u);
    EXPECT_EQ(back.received.size(), 1u);
}

TEST(xen_network, answers_out_of_order_break_it)
{
    model_netback back;
    auto& card = back.make();
    back.answer_receive(xen::receive_answer{3, 0, 0, 100});
    back.raise();
    EXPECT_FALSE(card.link_up());
    EXPECT_EQ(back.link_changes, 1u);
    send(card, packet_of(pattern(100))); // dropped
    EXPECT_EQ(back.transmit_header().request_producer, 0u);
}

TEST(xen_network, more_answers_than_requests_break_it)
{
    model_netback back;
    auto& card = back.make();
    back.receive_header().answer_producer += 65;
    back.raise();
    EXPECT_FALSE(card.link_up());
    EXPECT_TRUE(back.received.empty());
}

TEST(xen_network, sends_frames_of_all_sizes)
{
    model_netback back;
    auto& card = back.make();
    for (const size_t length : {14u, 60u, 1514u, 4095u, 4096u}) {
        send(card, packet_of(pattern(length)));
        back.transmit();
        ASSERT_EQ(back.sent.size(), 1u);
        EXPECT_EQ(back.sent[0].frame, pattern(length));
        EXPECT_EQ(back.sent[0].flags, 0);
        back.sent.clear();
    }
    EXPECT_EQ(card.counters().sent_packets.load(), 5u);
}

TEST(xen_network, leaves_checksums_and_segments_to_the_back_end)
{
    model_netback back;
    auto& card = back.make();
    auto p = packet_of(pattern(65226));
    p->checksum = packet_checksum::partial;
    p->segmentation = packet_segmentation::tcp6;
    p->segment_size = 1428;
    send(card, std::move(p));
    const auto first = back.transmit_request_at(0);
    EXPECT_EQ(first.length, 65226);
    back.transmit();
    ASSERT_EQ(back.sent.size(), 1u);
    ASSERT_TRUE(back.sent[0].extra);
    EXPECT_EQ(back.sent[0].extra->segment_size, 1428);
    EXPECT_EQ(back.sent[0].extra->protocol, xen::extra_info::tcp6);
    EXPECT_TRUE(back.sent[0].flags & xen::frame_flag::checksum_blank);
    EXPECT_EQ(back.sent[0].frame, pattern(65226));
}

TEST(xen_network, waits_for_pages_and_goes_on_at_the_event)
{
    model_netback back;
    auto& card = back.make();
    for (unsigned i = 0; i < 300; i++)
        send(card, packet_of(pattern(1500, i)));
    EXPECT_EQ(back.transmit_header().request_producer, 64u);
    EXPECT_EQ(back.transmit_header().answer_event, 1u); // asked for
    for (unsigned round = 0; round < 10 && back.sent.size() < 300; round++) {
        back.transmit();
        back.raise();
    }
    back.transmit();
    ASSERT_EQ(back.sent.size(), 300u);
    for (unsigned i = 0; i < 300; i++)
        ASSERT_EQ(back.sent[i].frame, pattern(1500, i));
    EXPECT_EQ(card.counters().sent_dropped.load(), 0u);
}

TEST(xen_network, drops_what_does_not_fit_into_the_queue)
{
    model_netback back;
    auto& card = back.make();
    for (unsigned i = 0; i < 1200; i++)
        send(card, packet_of(pattern(60)));
    EXPECT_EQ(card.counters().sent_dropped.load(), 1200u - 1000 - 64);
}

TEST(xen_network, without_scatter_gather_a_frame_is_one_page)
{
    model_netback back;
    auto& card = back.make({.scatter_gather = false, .checksum = true, .segmentation4 = true});
    EXPECT_FALSE(card.offers().segmentation4);
    send(card, packet_of(pattern(4097)));
    send(card, packet_of(pattern(4096)));
    back.transmit();
    EXPECT_EQ(back.sent.size(), 1u);
    EXPECT_EQ(card.counters().sent_errors.load(), 1u);
}

TEST(xen_network, an_answer_about_a_page_of_ours_breaks_it)
{
    for (const u16 id : {u16{5}, u16{64}, u16{0xffff}}) {
        model_netback back;
        auto& card = back.make();
        send(card, packet_of(pattern(60)));
        back.answer_transmit(id, 0);
        back.raise();
        EXPECT_FALSE(card.link_up());
    }
}

TEST(xen_network, a_back_end_that_goes_is_a_link_that_is_down)
{
    model_netback back;
    auto& card = back.make();
    card.back_end_gone();
    EXPECT_FALSE(card.link_up());
    EXPECT_EQ(back.link_changes, 1u);
    card.back_end_gone();
    EXPECT_EQ(back.link_changes, 1u);
}

TEST(xen_network, without_grants_there_is_no_card)
{
    model_netback back;
    back.most_pages = 40;
    const auto made = xen::network::create(back, {}, 1500);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error(), errc::enospc);
}
