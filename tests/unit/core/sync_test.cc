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
    mutex m;
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
    rwlock lock;
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
    mutex m;
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
} // namespace
