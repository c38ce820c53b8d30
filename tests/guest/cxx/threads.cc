// The standard library's threads and locks, down to std::atomic::wait and thread_local destructors.
#include "../check.h"
#include "../support.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <latch>
#include <mutex>
#include <queue>
#include <semaphore>
#include <shared_mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace
{

using namespace std::chrono_literals;

TEST(cxx, thread_pool)
{
    std::mutex lock;
    std::condition_variable changed;
    std::queue<std::function<void()>> jobs;
    bool finished = false;
    std::atomic<long> sum = 0;
    std::vector<std::thread> workers;
    for (int i = 0; i < 4; i++)
        workers.emplace_back([&] {
            for (;;) {
                std::unique_lock held(lock);
                changed.wait(held, [&] { return finished || !jobs.empty(); });
                if (jobs.empty())
                    return;
                auto job = std::move(jobs.front());
                jobs.pop();
                held.unlock();
                job();
            }
        });
    for (int i = 1; i <= 1000; i++) {
        std::lock_guard held(lock);
        jobs.emplace([&sum, i] { sum += i; });
        changed.notify_one();
    }
    {
        std::lock_guard held(lock);
        finished = true;
    }
    changed.notify_all();
    for (auto& w : workers)
        w.join();
    CHECK_EQ(sum.load(), 500500);
}

TEST(cxx, atomic_wait)
{
    std::atomic<int> turn = 0;
    std::thread other([&] {
        for (int i = 0; i < 500; i++) {
            turn.wait(2 * i);
            turn++;
            turn.notify_one();
        }
    });
    for (int i = 0; i < 500; i++) {
        turn++;
        turn.notify_one();
        turn.wait(2 * i + 1);
    }
    other.join();
    CHECK_EQ(turn.load(), 1000);
}

TEST(cxx, shared_mutex_and_time_limits)
{
    std::shared_timed_mutex lock;
    std::shared_lock reading(lock);
    std::thread([&] {
        CHECK(lock.try_lock_shared());
        lock.unlock_shared();
        CHECK(!lock.try_lock_for(10ms));
    }).join();
    std::counting_semaphore<4> slots(2);
    slots.acquire();
    slots.acquire();
    CHECK(!slots.try_acquire_for(5ms));
    slots.release();
    CHECK(slots.try_acquire());
}

std::atomic<int> destroyed;

struct local {
    int value = 0;
    ~local() { destroyed += value; }
};
thread_local local mine;

TEST(cxx, thread_local_destructors)
{
    destroyed = 0;
    std::vector<std::thread> threads;
    for (int i = 1; i <= 10; i++)
        threads.emplace_back([i] { mine.value = i; });
    for (auto& t : threads)
        t.join();
    CHECK_EQ(destroyed.load(), 55);
}

TEST(cxx, stop_token_and_latch)
{
    std::latch started(3);
    std::vector<std::jthread> threads;
    std::atomic<int> stopped = 0;
    for (int i = 0; i < 3; i++)
        threads.emplace_back([&](std::stop_token token) {
            started.count_down();
            while (!token.stop_requested())
                std::this_thread::sleep_for(1ms);
            stopped++;
        });
    started.wait();
    threads.clear(); // asks each to stop and joins it
    CHECK_EQ(stopped.load(), 3);
}

std::once_flag once;
int made;

TEST(cxx, call_once_after_exception)
{
    for (int i = 0; i < 3; i++)
        try {
            std::call_once(once, [] {
                if (++made < 2)
                    throw 1;
            });
        } catch (int) {
            CHECK_EQ(made, 1);
        }
    CHECK_EQ(made, 2);
    CHECK(std::thread::hardware_concurrency() >= 1);
}

} // namespace
