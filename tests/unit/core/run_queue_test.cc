// The scheduling policy: shares by weight, real-time order, no starvation after sleep.
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "core/sched/run_queue.hh"

namespace
{
using namespace sched;
using namespace std::chrono_literals;

entity with_nice(int nice)
{
    entity e;
    e.parameters.nice = static_cast<s8>(nice);
    e.weight = weight_of(e.parameters);
    return e;
}

/// Runs the queue for `total` in slices; returns the time that each entity got.
std::map<entity*, nanoseconds> simulate(run_queue& q, nanoseconds total)
{
    std::map<entity*, nanoseconds> got;
    for (nanoseconds t{0}; t < total;) {
        entity* e = q.first();
        q.remove(*e);
        const auto slice = q.slice(*e);
        q.charge(*e, slice);
        got[e] += slice;
        t += slice;
        q.add(*e, run_queue::arrival::preempted);
    }
    return got;
}

void clear(run_queue& q)
{
    while (entity* e = q.first())
        q.remove(*e);
}

TEST(run_queue, nice_weights_are_linuxs)
{
    EXPECT_EQ(weight_of({.nice = 0}), 1024u);
    EXPECT_NEAR(weight_of({.nice = -20}), 88761, 88761 / 50);
    EXPECT_NEAR(weight_of({.nice = 19}), 15, 1);
    EXPECT_NEAR(weight_of({.nice = 5}), 335, 7);
}

TEST(run_queue, equal_threads_get_equal_time)
{
    run_queue q;
    std::vector<entity> threads(5);
    for (auto& t : threads)
        q.add(t, run_queue::arrival::new_thread);
    auto got = simulate(q, 1s);
    for (auto& t : threads)
        EXPECT_NEAR(static_cast<double>(got[&t].count()), 2e8, 1e7);
    clear(q);
}

TEST(run_queue, time_follows_weight)
{
    run_queue q;
    entity normal = with_nice(0), nicer = with_nice(5);
    q.add(normal, run_queue::arrival::new_thread);
    q.add(nicer, run_queue::arrival::new_thread);
    auto got = simulate(q, 10s);
    EXPECT_NEAR(static_cast<double>(got[&normal].count()) / static_cast<double>(got[&nicer].count()), 3.05,
                0.15);
    clear(q);
}

TEST(run_queue, a_sleeper_gets_in_soon_but_no_credit_for_hours)
{
    run_queue q;
    entity busy, sleeper;
    q.add(busy, run_queue::arrival::new_thread);
    simulate(q, 3600s);
    q.add(sleeper, run_queue::arrival::woken);
    EXPECT_EQ(q.first(), &sleeper);
    auto got = simulate(q, 1s);
    EXPECT_GT(got[&busy], 450ms);
    clear(q);
}

TEST(run_queue, real_time_goes_first_by_priority)
{
    run_queue q;
    entity normal, low, high, high2;
    low.parameters = {.policy = policy::fifo, .realtime_priority = 1};
    high.parameters = {.policy = policy::fifo, .realtime_priority = 50};
    high2.parameters = {.policy = policy::round_robin, .realtime_priority = 50};
    for (auto* e : {&normal, &low, &high, &high2})
        q.add(*e, run_queue::arrival::woken);
    std::vector<entity*> order;
    while (entity* e = q.first()) {
        order.push_back(e);
        q.remove(*e);
    }
    EXPECT_EQ(order, (std::vector<entity*>{&high, &high2, &low, &normal}));
}

TEST(run_queue, preemption)
{
    run_queue q;
    entity running, woken, fifo;
    fifo.parameters = {.policy = policy::fifo, .realtime_priority = 1};
    running.virtual_runtime = 500'000;
    EXPECT_FALSE(q.preempts(woken, &running));
    running.virtual_runtime = 2'000'000;
    EXPECT_TRUE(q.preempts(woken, &running));
    EXPECT_TRUE(q.preempts(fifo, &running));
    EXPECT_FALSE(q.preempts(woken, &fifo));
    EXPECT_TRUE(q.preempts(woken, nullptr));
}

TEST(run_queue, comes_out_in_order_whatever_the_order_of_coming_and_going)
{
    run_queue q;
    std::vector<entity> threads(8);
    u64 runtime = ~u64{0} - 3; // the order holds where the counter wraps
    for (size_t i : {5, 2, 7, 0, 3, 6, 1, 4}) {
        threads[i].virtual_runtime = runtime + i;
        q.add(threads[i], run_queue::arrival::preempted);
    }
    q.remove(threads[0]); // the next one
    q.remove(threads[4]); // one of the others
    q.add(threads[0], run_queue::arrival::preempted);
    EXPECT_EQ(q.size(), 7u);
    std::vector<entity*> order;
    while (entity* e = q.first()) {
        order.push_back(e);
        q.remove(*e);
    }
    EXPECT_EQ(order, (std::vector<entity*>{&threads[0], &threads[1], &threads[2], &threads[3], &threads[5],
                                           &threads[6], &threads[7]}));
    EXPECT_TRUE(q.empty());
}

TEST(run_queue, equal_ones_take_turns)
{
    run_queue q;
    std::vector<entity> threads(3);
    for (auto& t : threads)
        q.add(t, run_queue::arrival::preempted);
    for (int round = 0; round < 2; round++)
        for (auto& t : threads) {
            EXPECT_EQ(q.first(), &t);
            q.remove(t);
            q.add(t, run_queue::arrival::preempted);
        }
    clear(q);
}

TEST(run_queue, finds_what_may_move)
{
    run_queue q;
    entity pinned, free;
    pinned.affinity = cpu_set::only(0);
    q.add(pinned, run_queue::arrival::new_thread);
    EXPECT_EQ(q.find_movable(1), nullptr);
    q.add(free, run_queue::arrival::new_thread);
    EXPECT_EQ(q.find_movable(1), &free);
    clear(q);
}

TEST(policy, what_is_inherited_raises_only)
{
    using sched::policy;
    const sched::scheduling_parameters fair{.policy = policy::batch, .nice = 5};
    EXPECT_EQ(sched::raised(fair, 0).policy, policy::batch);
    EXPECT_EQ(sched::raised(fair, 7).policy, policy::fifo);
    EXPECT_EQ(sched::raised(fair, 7).realtime_priority, 7);
    EXPECT_EQ(sched::raised(fair, 7).nice, 5);
    const sched::scheduling_parameters robin{.policy = policy::round_robin, .realtime_priority = 20};
    EXPECT_EQ(sched::raised(robin, 10).realtime_priority, 20);
    EXPECT_EQ(sched::raised(robin, 30).realtime_priority, 30);
    EXPECT_EQ(sched::raised(robin, 30).policy, policy::round_robin);
}
} // namespace
