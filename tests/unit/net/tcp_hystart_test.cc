// HyStart++ (RFC 9406) as CUBIC uses it, on a path whose round trips the test makes up.
#include <gtest/gtest.h>

#include "net/tcp/cubic.hh"

namespace net::tcp
{
namespace
{
constexpr u32 segment = 1000;

struct path {
    cubic algorithm;
    congestion_state state{.window = 10 * segment};
    sequence begin{0xffff'0000}; // wraps soon
    instant now{};

    path() { algorithm.start(state); }

    /// One round: all of a window is sent and acknowledged, two segments at a time.
    void round(milliseconds trip)
    {
        const u32 window = state.window / segment * segment;
        now += trip;
        for (u32 done = 0; done < window;) {
            const u32 bytes = std::min(2 * segment, window - done);
            done += bytes;
            begin += bytes;
            algorithm.grow(state, {.bytes = bytes,
                                   .segment_size = segment,
                                   .now = now,
                                   .round_trip = trip,
                                   .latest_trip = trip,
                                   .acknowledged = begin,
                                   .next = begin + (window - done) + done,
                                   .limited_by_window = true});
        }
    }
    void rounds(unsigned count, milliseconds trip)
    {
        while (count-- > 0)
            round(trip);
    }
};
} // namespace

TEST(tcp_hystart, a_steady_round_trip_doubles_the_window)
{
    path p;
    p.rounds(8, milliseconds(50));
    EXPECT_EQ(p.state.window, 10 * segment << 8);
    EXPECT_TRUE(p.state.first_slow_start());
}

TEST(tcp_hystart, a_longer_round_trip_slows_it_and_five_rounds_end_it)
{
    path p;
    p.rounds(4, milliseconds(50)); // 160 segments
    p.round(milliseconds(60));     // more than an eighth
    const u32 noticed = p.state.window;
    EXPECT_GT(noticed, 160 * segment);
    EXPECT_LT(noticed, 250 * segment) << "from the eighth sample on a quarter";
    for (int i = 0; i < 4; i++) {
        const u32 before = p.state.window;
        p.round(milliseconds(60));
        EXPECT_TRUE(p.state.first_slow_start());
        EXPECT_NEAR(p.state.window, before + before / 4, before / 50);
    }
    p.round(milliseconds(60));
    EXPECT_FALSE(p.state.first_slow_start());
    EXPECT_FALSE(p.state.slow_start());
    const u32 end = p.state.window;
    p.round(milliseconds(60));
    EXPECT_LT(p.state.window, end + end / 10) << "congestion avoidance";
}

TEST(tcp_hystart, a_round_trip_that_shrinks_again_was_noise)
{
    path p;
    p.rounds(4, milliseconds(50));
    p.rounds(2, milliseconds(60));
    p.round(milliseconds(51));
    const u32 before = p.state.window;
    p.round(milliseconds(51));
    EXPECT_NEAR(p.state.window, 2 * before, segment); // its last part was not whole
    p.rounds(6, milliseconds(51));
    EXPECT_TRUE(p.state.first_slow_start());
}

TEST(tcp_hystart, small_changes_of_a_short_round_trip_do_not_count)
{
    path p;
    for (int i = 0; i < 8; i++)
        p.round(milliseconds(1 + i % 4)); // less than 4 ms of growth
    EXPECT_EQ(p.state.window, 10 * segment << 8);
}

TEST(tcp_hystart, too_few_samples_say_nothing)
{
    path p; // 5 acknowledgements in a window of 10
    p.round(milliseconds(50));
    p.state.window = 10 * segment;
    p.round(milliseconds(500));
    EXPECT_EQ(p.state.window, 20 * segment);
}

TEST(tcp_hystart, after_a_loss_slow_start_ends_at_its_threshold)
{
    path p;
    p.rounds(4, milliseconds(50));
    p.state.threshold = p.algorithm.back_off(p.state, p.state.window, segment);
    EXPECT_EQ(p.state.threshold, 112 * segment);
    p.state.window = 10 * segment;
    p.round(milliseconds(50));
    p.rounds(2, milliseconds(90));
    EXPECT_EQ(p.state.window, 80 * segment);
    p.round(milliseconds(90));
    EXPECT_GE(p.state.window, 112 * segment);
    EXPECT_LT(p.state.window, 140 * segment);
}
} // namespace net::tcp
