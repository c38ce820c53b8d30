// The monotonic clock: a line through (cycle_base, monotonic_base) with a slope, read without a lock.
//
// The line's parameters are a vdso_data, the same structure that programs compute from; every change is made
// to both copies under `writer_lock`. Slewing changes only the slope from the present point on, so time never
// steps.
#include "core/time/clock.hh"

#include <algorithm>

#include "arch/cpu.hh"
#include "arch/wide_math.hh"
#include "core/sync/spinlock.hh"
#include "core/time/timer_queue.hh"
#include "core/time/vdso_data.hh"

namespace timekeeping
{
namespace
{
using wide = unsigned __int128;

constinit spinlock writer_lock{lock_rank::timer_queue};
constinit vdso_data line; // what the kernel itself reads
constinit u64 beginning = 0;
constinit u64 frequency_now = 1'000'000'000;

constexpr u64 nanoseconds_per_second = 1'000'000'000;

u64 scale_of(u64 frequency)
{
    return arch::multiply_divide(nanoseconds_per_second, u64{1} << 32, frequency);
}

u64 evaluate(const vdso_data& d, u64 cycles)
{
    return d.monotonic_base + static_cast<u64>(wide{cycles - d.cycle_base} * d.nanoseconds_per_cycle >> 32);
}

template <class Change>
void change_line(Change change)
{
    line.write(change);
    vdso::data().write(change);
}
} // namespace

void mark_beginning()
{
    beginning = arch::cycle_counter();
}

void start(u64 frequency, bool cpu_number_in_tsc_aux)
{
    lock_guard guard{writer_lock};
    frequency_now = frequency;
    change_line([&](vdso_data& d) {
        d.cycle_base = beginning;
        d.monotonic_base = 0;
        d.nanoseconds_per_cycle = scale_of(frequency);
        d.clock = vdso_data::clock_source::tsc;
        d.cpu = cpu_number_in_tsc_aux ? vdso_data::cpu_source::rdtscp : vdso_data::cpu_source::kernel;
    });
}

instant now()
{
    for (;;) {
        const u32 sequence = line.sequence.load(std::memory_order_acquire); // pairs with vdso_data::write
        const u64 ns = evaluate(line, arch::cycle_counter());
        std::atomic_thread_fence(std::memory_order_acquire);
        if (!(sequence & 1) && line.sequence.load(std::memory_order_relaxed) == sequence) [[likely]]
            return instant(nanoseconds(static_cast<s64>(ns)));
    }
}

u64 cycles_at(instant t)
{
    lock_guard guard{writer_lock};
    const s64 ahead = t.time_since_epoch().count() - static_cast<s64>(line.monotonic_base);
    if (ahead <= 0)
        return line.cycle_base;
    const auto ns = static_cast<u64>(ahead);
    if (ns >> 32 >= line.nanoseconds_per_cycle)
        return ~u64{0}; // farther than the counter reaches
    return line.cycle_base + arch::multiply_divide(ns, u64{1} << 32, line.nanoseconds_per_cycle) + 1;
}

u64 cycle_frequency()
{
    return frequency_now;
}

void slew(u64 frequency, instant true_now, nanoseconds catch_up)
{
    lock_guard guard{writer_lock};
    const u64 cycles = arch::cycle_counter();
    const u64 shown = evaluate(line, cycles);
    const s64 error = true_now.time_since_epoch().count() - static_cast<s64>(shown);
    // The slope that loses the error within catch_up; never less than half speed.
    const u64 scale = scale_of(frequency);
    const auto period = static_cast<u64>(std::max<s64>(catch_up.count(), 1));
    const u64 magnitude = std::min(static_cast<u64>(error < 0 ? -error : error), period / 2);
    auto correction = static_cast<s64>(arch::multiply_divide(scale, magnitude, period));
    if (error < 0)
        correction = -correction;
    frequency_now = frequency;
    change_line([&](vdso_data& d) {
        d.cycle_base = cycles;
        d.monotonic_base = shown;
        d.nanoseconds_per_cycle = static_cast<u64>(static_cast<s64>(scale) + correction);
    });
}

nanoseconds wall_clock()
{
    for (;;) {
        const u32 sequence = line.sequence.load(std::memory_order_acquire);
        const s64 offset = line.wall_offset;
        const u64 ns = evaluate(line, arch::cycle_counter());
        std::atomic_thread_fence(std::memory_order_acquire);
        if (!(sequence & 1) && line.sequence.load(std::memory_order_relaxed) == sequence)
            return nanoseconds(static_cast<s64>(ns) + offset);
    }
}

nanoseconds wall_offset()
{
    for (;;) {
        const u32 sequence = line.sequence.load(std::memory_order_acquire);
        const s64 offset = line.wall_offset;
        std::atomic_thread_fence(std::memory_order_acquire);
        if (!(sequence & 1) && line.sequence.load(std::memory_order_relaxed) == sequence)
            return nanoseconds(offset);
    }
}

void set_wall_clock(nanoseconds since_epoch)
{
    WITH_LOCK(writer_lock)
    {
        const u64 shown = evaluate(line, arch::cycle_counter());
        change_line([&](vdso_data& d) { d.wall_offset = since_epoch.count() - static_cast<s64>(shown); });
    }
    timer_queue::all_follow_wall_clock();
}
} // namespace timekeeping
