// Mutex, rwlock and wait_until under real concurrency (host threads).
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "core/sync/mutex.hh"
#include "core/sync/rwlock.hh"

namespace
{
TEST(mutex, excludes)
{
    mutex m{lock_rank::generic_mutex};
    long counter = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&] {
            for (int j = 0; j < 20000; j++) {
                lock_guard guard{m};
                counter = counter + 1;
            }
        });
    for (auto& t : threads)
        t.join();
    EXPECT_EQ(counter, 80000);
    EXPECT_TRUE(m.try_lock());
    EXPECT_TRUE(m.held_by_me());
    m.unlock();
}

TEST(rwlock, writers_exclude_everybody)
{
    rwlock lock{lock_rank::generic_mutex};
    long a = 0, b = 0;
    bool torn = false;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; i++) {
        threads.emplace_back([&] {
            for (int j = 0; j < 3000; j++) {
                lock_guard guard{lock};
                a++, b++;
            }
        });
        threads.emplace_back([&] {
            for (int j = 0; j < 3000; j++) {
                shared_guard guard{lock};
                torn = torn || a != b;
            }
        });
    }
    for (auto& t : threads)
        t.join();
    EXPECT_FALSE(torn);
    EXPECT_EQ(a, 6000);
}

TEST(wait_queue, wakes_one_exclusive_and_all_others)
{
    struct counting : waiter {
        explicit counting(reaction r) : waiter(&heard), does(r) {}
        static reaction heard(waiter& w, u32)
        {
            auto& self = static_cast<counting&>(w);
            self.count++;
            return self.does;
        }
        reaction does;
        int count = 0;
    };
    wait_queue q;
    using reaction = waiter::reaction;
    counting watcher(reaction::passed_on), first(reaction::taken), second(reaction::taken);
    q.add(watcher, false);
    q.add(first);
    q.add(second);
    EXPECT_TRUE(q.wake_one());
    EXPECT_EQ(watcher.count, 1);
    EXPECT_EQ(first.count + second.count, 1);
    q.wake_all();
    EXPECT_EQ(watcher.count, 2);
    EXPECT_EQ(first.count, 1);
    EXPECT_EQ(second.count, 1);
    EXPECT_FALSE(first.is_queued());
    counting staying(reaction::taken_and_stays), third(reaction::taken);
    q.add(staying);
    q.add(third);
    EXPECT_TRUE(q.wake_one());
    EXPECT_TRUE(q.wake_one());
    EXPECT_EQ(staying.count, 2);
    EXPECT_EQ(third.count, 0);
    q.remove(staying);
    q.remove(third);
    q.remove(watcher);
    EXPECT_TRUE(q.empty());
}

TEST(wait_until, times_out)
{
    wait_queue q;
    const auto begin = timekeeping::now();
    const auto r = wait_until(q, [] { return false; }, {.deadline = begin + milliseconds(20)});
    EXPECT_EQ(r.error(), errc::etimedout);
    EXPECT_GE(timekeeping::now() - begin, milliseconds(20));
}

TEST(wait_until, producer_and_consumer)
{
    mutex m{lock_rank::generic_mutex};
    wait_queue changed;
    int value = 0;
    std::thread producer([&] {
        for (int i = 1; i <= 200; i++) {
            lock_guard guard{m};
            static_cast<void>(wait_until(changed, m, [&] { return value == 0; }));
            value = i;
            changed.wake_all();
        }
    });
    long sum = 0;
    for (int i = 1; i <= 200; i++) {
        lock_guard guard{m};
        static_cast<void>(wait_until(changed, m, [&] { return value != 0; }));
        sum += value;
        value = 0;
        changed.wake_all();
    }
    producer.join();
    EXPECT_EQ(sum, 20100);
}

// ------------------------------------------------------------------ ranks
using lock_ranks_death_test = ::testing::Test;

TEST(lock_ranks_death_test, a_lower_sleeping_lock_under_a_higher_one)
{
    mutex inner{lock_rank::page_cache}, outer{lock_rank::directory};
    rwlock shared{lock_rank::rename};
    lock_guard guard{inner};
    EXPECT_DEATH(outer.lock(), "lock rank 24 taken while 44 is held");
    EXPECT_DEATH(shared.lock(), "lock rank 22 taken while 44 is held");
    EXPECT_DEATH(shared.lock_shared(), "lock rank 22 taken while 44 is held");
}

TEST(lock_ranks_death_test, two_of_a_rank_that_may_not_repeat)
{
    mutex one{lock_rank::page_cache}, other{lock_rank::page_cache};
    lock_guard guard{one};
    EXPECT_DEATH(other.lock(), "lock rank 44 taken while 44 is held");
}

TEST(lock_ranks_death_test, a_sleeping_lock_under_a_spinlock)
{
    spinlock spinning{lock_rank::heap};
    mutex sleeping{lock_rank::generic_mutex};
    lock_guard guard{spinning};
    EXPECT_DEATH(sleeping.lock(), "sleeping with a spinlock held");
}

TEST(lock_ranks_death_test, a_lock_that_is_taken_out_of_the_kernel)
{
    mutex kept{lock_rank::generic_mutex};
    lock_guard guard{kept};
    EXPECT_DEATH(sync_debug::assert_no_lock_held(), "leaves the kernel with a lock held");
}

TEST(lock_ranks, who_only_tries_needs_no_order_but_holds_it)
{
    mutex inner{lock_rank::page_cache}, outer{lock_rank::directory}, between{lock_rank::file_write};
    lock_guard guard{inner};
    ASSERT_TRUE(outer.try_lock());
    EXPECT_DEATH(between.lock(), "lock rank 28 taken while 44 is held");
    outer.unlock();
}

TEST(lock_ranks, any_order_of_release_and_each_thread_its_own)
{
    mutex outer{lock_rank::directory}, parent{lock_rank::directory}, inner{lock_rank::page_cache};
    outer.lock();
    parent.lock();
    std::thread other([&] { lock_guard guard{inner}; }); // what another thread holds is no matter here
    other.join();
    inner.lock();
    outer.unlock();
    parent.unlock();
    inner.unlock();
    sync_debug::assert_no_lock_held();
    lock_guard again{outer};
}
} // namespace
