// What the kernel's ground offers, on the host: panic ends the test, log lines go to standard error.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

#include "core/base/assert.hh"
#include "core/log.hh"
#include "core/random.hh"
#include "core/sched/assert_context.hh"
#include "core/sync/held_ranks.hh"
#include "core/sync/rank_check.hh"

void panic(const char* message)
{
    std::fprintf(stderr, "kernel panic: %s\n", message);
    std::abort();
}

void assertion_failed(const char* expression, const char* file, int line)
{
    std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
    std::abort();
}

namespace boost
{
void assertion_failed(const char* expression, const char*, const char* file, long line)
{
    ::assertion_failed(expression, file, static_cast<int>(line));
}
} // namespace boost

namespace klog
{
namespace
{
bool is_verbose = false;
sink current_sink = nullptr;
} // namespace

bool verbose()
{
    return is_verbose;
}
void set_verbose(bool on)
{
    is_verbose = on;
}
void set_sink(sink s)
{
    current_sink = s;
}

void write_line(std::string_view text, const argument* arguments, size_t count)
{
    char buffer[256] = "kiln: ";
    const size_t length = 6 + format_arguments(buffer + 6, sizeof buffer - 6, text, arguments, count);
    if (current_sink)
        current_sink(std::string_view(buffer, length));
    else
        std::fprintf(stderr, "%.*s\n", static_cast<int>(length), buffer);
}
} // namespace klog

namespace
{
std::mt19937_64& generator()
{
    static std::mt19937_64 engine{std::random_device{}()};
    return engine;
}
} // namespace

void random_add_entropy(std::span<const std::byte>) {}
u64 random_u64()
{
    return generator()();
}
void random_fill(std::span<std::byte> bytes)
{
    for (auto& b : bytes)
        b = static_cast<std::byte>(generator()());
}

#ifdef KILN_DEBUG
namespace sync_debug
{
namespace
{
thread_local held_ranks spinlocks;
thread_local held_ranks sleeping_locks;
} // namespace

void check_spinlock_order(remembered_rank rank)
{
    spinlocks.check_order(rank.value);
}
void acquired_spinlock(remembered_rank rank)
{
    spinlocks.add(rank.value);
}
void released_spinlock(remembered_rank rank)
{
    spinlocks.remove(rank.value);
}
void check_sleeping_lock_order(remembered_rank rank)
{
    sleeping_locks.check_order(rank.value);
}
void acquired_sleeping_lock(remembered_rank rank)
{
    sleeping_locks.add(rank.value);
}
void released_sleeping_lock(remembered_rank rank)
{
    sleeping_locks.remove(rank.value);
}
void assert_no_lock_held()
{
    if (!spinlocks.empty() || !sleeping_locks.empty())
        panic("a thread leaves the kernel with a lock held");
}
} // namespace sync_debug

namespace sched
{
void assert_may_block()
{
    if (!sync_debug::spinlocks.empty())
        panic("sleeping with a spinlock held");
}
} // namespace sched
#endif
