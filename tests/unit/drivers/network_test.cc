// virtio-net against a model card: both directions, offloads, full rings, several queue pairs, and a device
// that lies.
#include <gtest/gtest.h>

#include "tests/unit/drivers/model_card.hh"

// Without other CPUs to wait for.
result<void> virtio::network::start_other_pairs()
{
    use_pairs(static_cast<u16>(_pairs.size()));
    return {};
}

namespace
{
namespace feature = virtio::network_feature;
using bytes = model_card::bytes;

bytes pattern(size_t size, unsigned seed = 0)
{
    bytes b(size);
    for (size_t i = 0; i < size; i++)
        b[i] = static_cast<std::byte>(i * 7 + seed);
    return b;
}

bytes contents(const packet& p)
{
    bytes all(p.length());
    p.copy_to(0, all);
    return all;
}

template <class Predicate>
bool eventually(Predicate predicate)
{
    for (int i = 0; i < 5000 && !predicate(); i++)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return predicate();
}

packet_ptr make_packet(const bytes& frame, u32 room = packet::header_room)
{
    auto p = packet::create(room, static_cast<u32>(frame.size())).take();
    std::memcpy(p->append(static_cast<u32>(frame.size())), frame.data(), frame.size());
    return p;
}

packet_queue queue_of(packet_ptr p)
{
    packet_queue q;
    q.push(std::move(p));
    return q;
}
} // namespace

TEST(virtio_network, says_what_the_device_is)
{
    model_card card;
    auto& driver = card.attached();
    EXPECT_EQ(driver.address(), (mac_address{0x52, 0x54, 0, 1, 2, 3}));
    EXPECT_EQ(driver.mtu(), 9000u);
    EXPECT_TRUE(driver.link_up());
    EXPECT_TRUE(driver.offers().transmit_checksum);
    EXPECT_TRUE(driver.offers().segmentation6);
    EXPECT_FALSE(driver.offers().segmentation_ecn);
    EXPECT_EQ(driver.queue_pairs(), 1u);
}

TEST(virtio_network, receives_small_and_large_frames)
{
    model_card card;
    card.attached();
    const size_t sizes[] = {14, 60, 256, 257, 1514, 4068, 4069, 9014, 65549};
    for (const size_t size : sizes)
        card.arrive(pattern(size, static_cast<unsigned>(size)));
    ASSERT_TRUE(eventually([&] { return card.received_count() == std::size(sizes); }));
    for (size_t i = 0; i < std::size(sizes); i++) {
        EXPECT_EQ(contents(*card.received[i]), pattern(sizes[i], static_cast<unsigned>(sizes[i])))
            << sizes[i];
        EXPECT_EQ(card.received[i]->checksum, packet_checksum::unknown);
    }
    EXPECT_LT(card.received[2]->footprint(), 1024u); // copied
    EXPECT_EQ(card.driver->counters().received_packets, std::size(sizes));
}

TEST(virtio_network, goes_on_for_many_rounds_of_the_ring)
{
    model_card card;
    card.attached();
    size_t expected = 0;
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned i = 0; i < 100; i++)
            card.arrive(pattern(20 + i * 17, i));
        expected += 100;
        ASSERT_TRUE(eventually([&] { return card.received_count() == expected; })) << round;
    }
    for (size_t i = 0; i < expected; i++)
        ASSERT_EQ(contents(*card.received[i]), pattern(20 + i % 100 * 17, static_cast<unsigned>(i % 100)));
    EXPECT_EQ(card.driver->counters().received_dropped, 0u);
}

TEST(virtio_network, offloads_of_received_frames)
{
    model_card card;
    card.attached();
    card.arrive(pattern(100), {.flags = 1, .checksum_start = 34, .checksum_offset = 16});
    card.arrive(pattern(100), {.flags = 2});
    card.arrive(pattern(9000), {.flags = 1, .segmentation = 0x81, .segment_size = 1448});
    card.arrive(pattern(9000), {.flags = 1, .segmentation = 4, .segment_size = 1428});
    ASSERT_TRUE(eventually([&] { return card.received_count() == 4; }));
    for (const auto& p : card.received)
        EXPECT_EQ(p->checksum, packet_checksum::valid);
    EXPECT_EQ(card.received[2]->segmentation, packet_segmentation::tcp4);
    EXPECT_EQ(card.received[2]->segment_size, 1448);
    EXPECT_EQ(card.received[3]->segmentation, packet_segmentation::tcp6);
}

TEST(virtio_network, frames_that_cannot_be_are_dropped_and_counted)
{
    model_card card;
    card.attached();
    card.arrive(pattern(13));             // no Ethernet header
    card.arrive(pattern(100), {}, 0, 0u); // in no buffer
    card.arrive(pattern(100), {.flags = 1, .checksum_start = 90, .checksum_offset = 9});
    card.arrive(pattern(100), {.segmentation = 3, .segment_size = 9}); // UDP: not agreed
    card.arrive(pattern(100), {.segmentation = 1});                    // segments of no size
    card.arrive(pattern(100, 1));
    ASSERT_TRUE(eventually([&] { return card.received_count() == 1; }));
    EXPECT_EQ(contents(*card.received[0]), pattern(100, 1));
    EXPECT_EQ(card.driver->counters().received_errors, 5u);
}

TEST(virtio_network, more_buffers_than_there_are)
{
    model_card card;
    card.attached();
    card.arrive(pattern(100), {}, 0, u16{3}); // the other two never come
    ASSERT_TRUE(eventually([&] { return card.driver->counters().received_errors == 1; }));
    for (unsigned i = 0; i < 30; i++) // more than any frame can have
        card.arrive(pattern(100), {}, 0, u16{30});
    ASSERT_TRUE(
        eventually([&] { return card.driver->counters().received_errors >= 2 && card.all_written(); }));
    card.arrive(pattern(100, 1));
    EXPECT_TRUE(eventually([&] { return card.received_count() == 1; }));
}

TEST(virtio_network, sends_with_room_and_without)
{
    model_card card;
    auto& driver = card.attached();
    driver.transmit(queue_of(make_packet(pattern(60))));
    driver.transmit(queue_of(make_packet(pattern(61), 0)));
    auto p = make_packet(pattern(50));
    for (unsigned i = 0; i < packet::max_slices; i++) {
        auto buffer = packet_buffer::create(100).take();
        std::memcpy(buffer->data(), pattern(100, i).data(), 100);
        ASSERT_TRUE(p->append({buffer, buffer->data(), 100}));
    }
    const bytes whole = contents(*p);
    driver.transmit(queue_of(std::move(p)));
    ASSERT_TRUE(eventually([&] { return card.sent_count() == 3; }));
    EXPECT_EQ(card.sent[0].frame, pattern(60));
    EXPECT_EQ(card.sent[1].frame, pattern(61));
    EXPECT_EQ(card.sent[2].frame, whole);
    EXPECT_EQ(driver.counters().sent_bytes, 60 + 61 + whole.size());
}

TEST(virtio_network, tells_the_device_what_to_do)
{
    model_card card;
    auto& driver = card.attached();
    auto p = make_packet(pattern(100));
    p->checksum = packet_checksum::partial;
    p->transport_header = p->head().data() + 34;
    p->transport_header[12] = std::byte{0x80}; // 32 bytes of TCP header
    p->checksum_offset = 16;
    p->segmentation = packet_segmentation::tcp4;
    p->segment_size = 10;
    p->segments_carry_ecn = true;
    driver.transmit(queue_of(std::move(p)));
    ASSERT_TRUE(eventually([&] { return card.sent_count() == 1; }));
    const auto& header = card.sent[0].header;
    EXPECT_EQ(header.flags, 1);
    EXPECT_EQ(header.segmentation, 0x81);
    EXPECT_EQ(header.checksum_start, 34);
    EXPECT_EQ(header.checksum_offset, 16);
    EXPECT_EQ(header.header_length, 66);
    EXPECT_EQ(header.segment_size, 10);
}

TEST(virtio_network, a_full_ring_keeps_frames_and_drops_the_surplus)
{
    model_card card;
    auto& driver = card.attached();
    card.stalled = true;
    for (unsigned i = 0; i < 2000; i++)
        driver.transmit(queue_of(make_packet(pattern(60, i))));
    const auto& counters = driver.counters();
    EXPECT_EQ(counters.sent_packets + 1000 + counters.sent_dropped, 2000u);
    EXPECT_GE(counters.sent_dropped, 700u);
    const size_t kept = 2000 - counters.sent_dropped;
    card.stalled = false;
    card.poke();
    ASSERT_TRUE(eventually([&] { return card.sent_count() == kept; })) << card.sent_count();
    for (unsigned i = 0; i < kept; i++)
        ASSERT_EQ(card.sent[i].frame, pattern(60, i));
}

TEST(virtio_network, a_pair_for_each_cpu)
{
    model_card card(4);
    auto& driver = card.attached(3);
    EXPECT_EQ(driver.queue_pairs(), 3u);
    ASSERT_EQ(card.commands.size(), 1u);
    EXPECT_EQ(card.commands[0], (bytes{std::byte{4}, std::byte{0}, std::byte{3}, std::byte{0}}));
    for (u16 pair = 0; pair < 3; pair++)
        card.arrive(pattern(100, pair), {}, static_cast<u16>(2 * pair));
    EXPECT_TRUE(eventually([&] { return card.received_count() == 3; }));
    driver.transmit(queue_of(make_packet(pattern(60))));
    EXPECT_TRUE(eventually([&] { return card.sent_count() == 1; }));
}

TEST(virtio_network, a_device_that_refuses_pairs_works_with_one)
{
    model_card card(4);
    card.control_answer = 1;
    auto& driver = card.attached(4);
    EXPECT_EQ(driver.queue_pairs(), 1u);
    card.arrive(pattern(100));
    EXPECT_TRUE(eventually([&] { return card.received_count() == 1; }));
}

TEST(virtio_network, filters)
{
    model_card card;
    auto& driver = card.attached();
    const mac_address groups[] = {{1, 0, 0x5e, 0, 0, 1}, {0x33, 0x33, 0, 0, 0, 1}};
    ASSERT_TRUE(driver.set_filter({.multicast = groups}));
    ASSERT_EQ(card.commands.size(), 3u);
    EXPECT_EQ(card.commands[0].size(), 2 + 4 + 4 + 12u);
    EXPECT_EQ(card.commands[0][6], std::byte{2});
    EXPECT_EQ(card.commands[0][10], std::byte{1});
    model_card without;
    without.features &= ~feature::control_receive;
    EXPECT_EQ(without.attached().set_filter({}).error(), errc::eopnotsupp);
}

TEST(virtio_network, without_merging_frames_fit_into_one_buffer)
{
    model_card card;
    card.features &= ~feature::merged_buffers;
    auto& driver = card.attached();
    EXPECT_FALSE(card.accepted_features() & (feature::guest_tcp4 | feature::guest_tcp6));
    EXPECT_LT(driver.mtu(), 4060u);
    card.arrive(pattern(1514), {}, 0, u16{77});
    ASSERT_TRUE(eventually([&] { return card.received_count() == 1; }));
    EXPECT_EQ(contents(*card.received[0]), pattern(1514));
}

TEST(virtio_network, link_changes_are_told)
{
    model_card card;
    auto& driver = card.attached();
    card.set_configuration<u16>(6, 0);
    driver.configuration_interrupt();
    sched::run_deferred_work();
    EXPECT_FALSE(driver.link_up());
    EXPECT_EQ(card.link_changes, 1u);
}

TEST(virtio_network, devices_that_cannot_be_used)
{
    const auto error_of = [](auto prepare) {
        model_card card;
        prepare(card);
        auto made = card.make(4);
        return made ? errc{} : made.error();
    };
    EXPECT_EQ(error_of([](model_card& c) { c.features = 0; }), errc::enodev);
    EXPECT_EQ(error_of([](model_card& c) { c.queue_count = 1; }), errc::enodev);
    for (const u16 pairs : {0, 0xffff})
        EXPECT_EQ(error_of([&](model_card& c) {
                      c.features |= feature::several_queues;
                      c.set_configuration<u16>(8, pairs);
                  }),
                  errc::einval);
}
