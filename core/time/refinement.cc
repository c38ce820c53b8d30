// Two measurements, after 50 ms and after a second more, each against the same beginning: the first takes
// away the error of the 20 us at start-up (up to a percent), the second brings it below 50 ppm. The clock is
// slewed, never stepped.
#include "core/time/refinement.hh"

#include "arch/clock.hh"
#include "arch/cpu.hh"
#include "arch/wide_math.hh"
#include "core/sched/thread.hh"

namespace timekeeping
{
namespace
{
constexpr nanoseconds intervals[] = {milliseconds(50), seconds(1)};
constexpr nanoseconds catch_up = milliseconds(500);
constexpr u64 nanoseconds_per_second = 1'000'000'000;

struct sample {
    u64 cycles, reference;
    instant shown;
};

/// Read together with interrupts off; of several tries the one that was disturbed least.
sample take(const arch::reference_clock& clock)
{
    sample best{};
    u64 least = ~u64{0};
    for (int i = 0; i < 5; i++) {
        const auto state = arch::irq_save();
        const u64 before = arch::cycle_counter();
        const u64 reference = clock.read();
        const u64 after = arch::cycle_counter();
        const instant shown = now();
        arch::irq_restore(state);
        if (after - before < least) {
            least = after - before;
            best = {before + (after - before) / 2, reference, shown};
        }
    }
    return best;
}

void refine(void* argument)
{
    const auto& clock = *static_cast<const arch::reference_clock*>(argument);
    const sample first = take(clock);
    for (const auto interval : intervals) {
        static_cast<void>(sched::sleep_until(now() + interval, false));
        const sample last = take(clock);
        const u64 ticks = (last.reference - first.reference) & clock.mask;
        if (ticks == 0)
            return;
        const u64 frequency = arch::multiply_divide(last.cycles - first.cycles, clock.frequency, ticks);
        const u64 elapsed = arch::multiply_divide(ticks, nanoseconds_per_second, clock.frequency);
        // A machine that was stopped for longer than the reference counts would give nonsense: keep what
        // there is.
        if (frequency > cycle_frequency() / 2 && frequency < cycle_frequency() * 2)
            slew(frequency, first.shown + nanoseconds(static_cast<s64>(elapsed)), catch_up);
    }
}
} // namespace

result<void> start_refinement()
{
    const auto* clock = arch::refinement_reference();
    if (!clock)
        return {};
    TRY(sched::thread::create("clock", refine, const_cast<arch::reference_clock*>(clock)))->start();
    return {};
}
} // namespace timekeeping
