// Two stacks over a wire: connect, transfer both ways, close; over good wires and bad ones.
#include <cmath>
#include <random>

#include "tests/unit/net/tcp_hosts.hh"

namespace net::testing
{
namespace
{
/// Bytes that say where they are.
char pattern(u64 seed, u64 position)
{
    return static_cast<char>((position * 0x9e37'79b9'7f4a'7c15 + seed) >> 56);
}

/// One direction of a transfer: writes as much as goes, in pieces of all sizes.
struct stream {
    net::socket& from;
    net::socket& to;
    u64 seed;
    u64 total;
    std::mt19937_64 random{seed};
    u64 written = 0, read_bytes = 0;
    bool shut = false, ended = false;

    void push()
    {
        while (written < total) {
            const u64 size = std::min<u64>(random() % (random() % 4 ? 3000 : 100000) + 1, total - written);
            std::string piece(size, 0);
            for (u64 i = 0; i < size; i++)
                piece[i] = pattern(seed, written + i);
            const auto sent = write(from, piece);
            if (!sent) {
                ASSERT_EQ(sent.error(), errc::eagain);
                return;
            }
            written += *sent;
        }
        if (!std::exchange(shut, true)) {
            ASSERT_TRUE(from.shutdown(net::socket::direction::write));
        }
    }
    void pull()
    {
        while (!ended) {
            const auto got = read(to, random() % 50000 + 1);
            if (!got) {
                ASSERT_EQ(got.error(), errc::eagain);
                return;
            }
            ended = got->empty();
            for (char c : *got)
                ASSERT_EQ(c, pattern(seed, read_bytes++)) << "at " << read_bytes - 1;
        }
    }
};

/// Both directions at once until both have ended.
void transfer(connected_hosts& hosts, u64 seed, u64 bytes_up, u64 bytes_down)
{
    stream up{*hosts.client, *hosts.server, seed, bytes_up};
    stream down{*hosts.server, *hosts.client, seed + 1, bytes_down};
    const instant end = timekeeping::now() + seconds(3000);
    while (!(up.ended && down.ended) && !::testing::Test::HasFatalFailure()) {
        up.push();
        down.push();
        settle();
        up.pull();
        down.pull();
        ASSERT_TRUE(step(end)) << "stuck: up " << up.written << "/" << up.read_bytes << ", down "
                               << down.written << "/" << down.read_bytes;
    }
    EXPECT_EQ(up.read_bytes, bytes_up);
    EXPECT_EQ(down.read_bytes, bytes_down);
}
} // namespace

TEST(tcp_transfer, a_few_bytes)
{
    connected_hosts hosts;
    hosts.connect();
    ASSERT_EQ(*write(*hosts.client, "hello"), 5u);
    run_for(milliseconds(10));
    EXPECT_EQ(*read(*hosts.server), "hello");
    EXPECT_EQ(error_of(read(*hosts.server)), errc::eagain);
    ASSERT_EQ(*write(*hosts.server, "answer"), 6u);
    run_for(milliseconds(10));
    EXPECT_EQ(*read(*hosts.client), "answer");
    hosts.client->close();
    run_for(milliseconds(10));
    EXPECT_EQ(*read(*hosts.server), "");
    EXPECT_NE(hosts.server->events() & event::read_hang_up, 0u);
}

TEST(tcp_transfer, much_over_a_good_wire)
{
    connected_hosts hosts;
    hosts.connect();
    transfer(hosts, 1, 8_MiB, 8_MiB);
    EXPECT_EQ(hosts.left.stack->counters().tcp.retransmitted.value(), 0u);
    EXPECT_EQ(hosts.right.stack->counters().tcp.retransmitted.value(), 0u);
}

TEST(tcp_transfer, much_with_segmentation_by_the_card)
{
    connected_hosts hosts(1, {}, {.transmit_checksum = true, .segmentation4 = true, .segmentation6 = true});
    hosts.connect();
    transfer(hosts, 2, 8_MiB, 1_MiB);
}

class bad_wire : public ::testing::TestWithParam<int>
{
};

TEST_P(bad_wire, transfers_every_byte)
{
    const u64 seed = static_cast<u64>(GetParam());
    std::mt19937_64 random{seed};
    const auto upto = [&](unsigned per_mille) { return static_cast<double>(random() % per_mille) / 1000; };
    const bool offload = random() % 3 == 0;
    const wire_quality quality{.bits_per_second = random() % 2 ? 0 : 20'000'000 + random() % 1'000'000'000,
                               .delay = microseconds(random() % 60000),
                               .loss = upto(60),
                               .duplication = upto(30),
                               .reordering = upto(200),
                               .reordering_delay = microseconds(random() % 5000),
                               // Between cards that leave checksums to the other side nobody would notice.
                               .corruption = offload ? 0 : upto(10)};
    printf("seed %d: delay %ld us, loss %g, duplication %g, reordering %g\n", GetParam(),
           static_cast<long>(duration_cast<microseconds>(quality.delay).count()), quality.loss,
           quality.duplication, quality.reordering);
    connected_hosts hosts(seed, quality,
                          {.transmit_checksum = offload, .segmentation4 = offload, .segmentation6 = offload});
    hosts.connect();
    if (!HasFatalFailure())
        transfer(hosts, seed, random() % 1_MiB, random() % 1_MiB);
}
INSTANTIATE_TEST_SUITE_P(seeds, bad_wire, ::testing::Range(1, 33));

namespace
{
/// Segments that are delivered in a round trip of 100 ms, on average over `time`, of a sender that always has
/// more.
double average_window(u64 seed, const wire_quality& quality, nanoseconds time)
{
    connected_hosts hosts(seed, quality);
    hosts.connect();
    const std::string piece(100'000, 'x');
    const instant begin = timekeeping::now(), end = begin + time;
    u64 arrived = 0;
    while (timekeeping::now() < end) {
        while (write(*hosts.client, piece)) {
        }
        while (const auto got = read(*hosts.server))
            arrived += got->size();
        if (!step(end))
            break;
    }
    return static_cast<double>(arrived) / 1448 * 0.1 / (static_cast<double>(time.count()) / 1e9);
}
} // namespace

/// What CUBIC makes of random loss (RFC 9438 §5, figures of its Reno-friendly region: sqrt(3/2 / p)
/// segments). A sender that takes reordering or copies for loss, or that waits for time-outs, gets much less.
class lossy_rate : public ::testing::TestWithParam<double>
{
};

TEST_P(lossy_rate, is_what_the_losses_allow)
{
    const double loss = GetParam();
    const wire_quality plain{.bits_per_second = 1'000'000'000, .delay = milliseconds(50), .loss = loss};
    wire_quality all = plain;
    all.duplication = 0.005;
    all.reordering = 0.01;
    all.reordering_delay = milliseconds(6);
    const double expected = std::sqrt(1.5 / loss);
    // Acknowledgements are lost, too, and at 5 % retransmissions often enough for time-outs.
    const double least = loss < 0.02 ? 0.8 : 0.5;
    const double simple = average_window(1, plain, seconds(120));
    const double mixed = average_window(2, all, seconds(120));
    printf("loss %g: %.1f segments, with copies and reordering %.1f; expected %.1f\n", loss, simple, mixed,
           expected);
    EXPECT_GT(simple, least * expected);
    EXPECT_GT(mixed, least * expected);
}
INSTANTIATE_TEST_SUITE_P(losses, lossy_rate, ::testing::Values(0.001, 0.01, 0.05));
} // namespace net::testing
