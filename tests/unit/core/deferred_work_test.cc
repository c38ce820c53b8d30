// Deferred work: order, rounds, raising while it runs, and never twice at once.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/sched/deferred_queue.hh"

namespace
{
using sched::deferred_queue;
using sched::deferred_work;

struct piece : deferred_work {
    explicit piece(std::vector<int>& l, int n, int t = 1) : deferred_work(&work), log(l), number(n), turns(t)
    {
    }
    static bool work(deferred_work& w)
    {
        auto& self = static_cast<piece&>(w);
        self.log.push_back(self.number);
        if (self.during)
            self.during();
        return --self.turns > 0;
    }
    std::vector<int>& log;
    int number, turns;
    std::function<void()> during;
};
} // namespace

TEST(deferred_work, runs_in_the_order_of_raising)
{
    deferred_queue queue;
    std::vector<int> log;
    piece a(log, 1), b(log, 2);
    EXPECT_TRUE(queue.raise(b));
    EXPECT_TRUE(queue.raise(a));
    EXPECT_FALSE(queue.raise(b));
    queue.run_round();
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(log, (std::vector{2, 1}));
}

TEST(deferred_work, more_runs_after_the_others_had_their_turn)
{
    deferred_queue queue;
    std::vector<int> log;
    piece a(log, 1, 3), b(log, 2, 2);
    queue.raise(a);
    queue.raise(b);
    queue.run_round();
    EXPECT_EQ(log, (std::vector{1, 2}));
    EXPECT_FALSE(queue.empty());
    queue.run_round();
    queue.run_round();
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(log, (std::vector{1, 2, 1, 2, 1}));
}

TEST(deferred_work, raised_while_it_runs_it_runs_once_more)
{
    deferred_queue queue, of_another_cpu;
    std::vector<int> log;
    piece a(log, 1);
    a.during = [&] {
        EXPECT_FALSE(of_another_cpu.raise(a));
        EXPECT_FALSE(queue.raise(a));
    };
    queue.raise(a);
    queue.run_round();
    a.during = nullptr;
    EXPECT_TRUE(of_another_cpu.empty());
    EXPECT_FALSE(queue.empty()); // not in the same round
    queue.run_round();
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(log, (std::vector{1, 1}));
}

TEST(deferred_work, a_piece_is_on_one_queue_only)
{
    deferred_queue queue, of_another_cpu;
    std::vector<int> log;
    piece a(log, 1);
    EXPECT_TRUE(queue.raise(a));
    EXPECT_FALSE(of_another_cpu.raise(a));
    queue.run_round();
    a.turns = 1;
    EXPECT_TRUE(of_another_cpu.raise(a));
    of_another_cpu.run_round();
    EXPECT_EQ(log, (std::vector{1, 1}));
}

// Two CPUs that raise and run the same piece: it never runs in two places at once, and no raise is lost.
TEST(deferred_work, two_cpus)
{
    struct counted : deferred_work {
        counted() : deferred_work(&work) {}
        static bool work(deferred_work& w)
        {
            auto& self = static_cast<counted&>(w);
            EXPECT_FALSE(self.inside.exchange(true));
            self.seen = self.stored.load();
            self.inside = false;
            return false;
        }
        std::atomic<bool> inside{false};
        std::atomic<int> stored{0}, seen{0};
    } work;
    constexpr int rounds = 20000;
    const auto one_cpu = [&] {
        deferred_queue queue;
        for (int i = 0; i < rounds; i++) {
            work.stored++;
            queue.raise(work);
            queue.run_round();
        }
        while (!queue.empty())
            queue.run_round();
    };
    std::thread other(one_cpu);
    one_cpu();
    other.join();
    EXPECT_EQ(work.seen, 2 * rounds);
}
