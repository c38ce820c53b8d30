// The simulated cable and time themselves.
#include "net/testing/wire.hh"

#include <gtest/gtest.h>

#include "net/testing/virtual_time.hh"

using namespace net::testing;

namespace
{
struct sink final : network_device::receiver {
    void receive(network_device&, packet_queue frames) override
    {
        while (auto p = frames.pop()) {
            arrivals.push_back(timekeeping::now());
            numbers.push_back(static_cast<u8>(p->head()[0]));
        }
    }
    void link_changed(network_device&) override { changes++; }
    std::vector<instant> arrivals;
    std::vector<u8> numbers;
    int changes = 0;
};

packet_queue frame(u8 number, u32 length = 100)
{
    auto p = packet::create(packet::header_room, length).take();
    std::memset(p->append(length), number, length);
    packet_queue q;
    q.push(std::move(p));
    return q;
}

TEST(wire, has_rate_delay_and_a_queue)
{
    wire w(1, {.bits_per_second = 8'000'000, .delay = milliseconds(10), .queue_limit = 3});
    sink s;
    ASSERT_TRUE(w.end(1).attach(s));
    const instant begin = timekeeping::now();
    for (u8 i = 0; i < 6; i++)
        w.end(0).transmit(frame(i));
    run_for(seconds(1));
    ASSERT_EQ(s.arrivals.size(), 3u);
    EXPECT_EQ(s.arrivals[0] - begin, microseconds(10'100));
    EXPECT_EQ(s.arrivals[2] - begin, microseconds(10'300));
    EXPECT_EQ(w.count(0).overflowed, 3u);
    EXPECT_EQ(timekeeping::now() - begin, seconds(1));
    EXPECT_EQ(armed_timers(), 0u);
}

TEST(wire, faults_repeat_with_their_seed)
{
    const auto run = [](u64 seed) {
        wire w(seed, {.loss = 0.1, .duplication = 0.1, .reordering = 0.2});
        sink s;
        EXPECT_TRUE(w.end(1).attach(s));
        for (int i = 0; i < 200; i++) {
            w.end(0).transmit(frame(static_cast<u8>(i)));
            run_for(microseconds(20));
        }
        run_for(seconds(1));
        EXPECT_GT(w.count(0).lost, 0u);
        EXPECT_GT(w.count(0).duplicated, 0u);
        EXPECT_FALSE(std::is_sorted(s.numbers.begin(), s.numbers.end()));
        EXPECT_EQ(s.numbers.size(), 200 - w.count(0).lost + w.count(0).duplicated);
        return s.numbers;
    };
    EXPECT_EQ(run(3), run(3));
    EXPECT_NE(run(3), run(4));
}

TEST(virtual_time, runs_timers_in_order)
{
    struct noting : timekeeping::timer {
        noting(std::string& l, char n) : timer(&fire), log(l), name(n) {}
        static void fire(timer& t)
        {
            auto& self = static_cast<noting&>(t);
            self.log += self.name;
        }
        std::string& log;
        char name;
    };
    std::string log;
    noting a(log, 'a'), b(log, 'b'), c(log, 'c');
    const instant begin = timekeeping::now();
    a.arm(begin + seconds(3600));
    b.arm(begin + seconds(1));
    c.arm(begin + seconds(2));
    EXPECT_TRUE(c.cancel());
    EXPECT_TRUE(run_until([&] { return log == "ba"; }, seconds(4000)));
    EXPECT_EQ(timekeeping::now(), begin + seconds(3600));
    EXPECT_FALSE(c.cancel());
}
} // namespace
