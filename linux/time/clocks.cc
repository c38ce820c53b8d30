// See clocks.hh.
#include "linux/time/clocks.hh"

#include <algorithm>

#include "arch/smp.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
constexpr u32 per_thread_bit = 4;
constexpr u32 kind_mask = 3;
constexpr u32 kind_descriptor = 3;

// A CPU clock that stands still is looked at again no sooner than this.
constexpr nanoseconds shortest_look = milliseconds(1);

result<clock_reference> cpu_clock(clock_kind kind, int id)
{
    auto& self = current_task();
    clock_reference c;
    c.kind = kind;
    if (kind == clock_kind::program_cpu) {
        if (id != 0 && id != self.program().pid())
            return fail(errc::einval);
        c.program = ref_ptr<program>(self.program());
        return c;
    }
    c.thread = id == 0 ? ref_ptr<task>(self) : self.program().find(id);
    if (!c.thread)
        return fail(errc::einval);
    return c;
}

result<clock_reference> dynamic_clock(clock_id id)
{
    const u32 bits = static_cast<u32>(id);
    if ((bits & kind_mask) == kind_descriptor)
        return fail(errc::einval); // of a device: there is none
    const int owner = static_cast<int>(~(id >> 3));
    return cpu_clock(bits & per_thread_bit ? clock_kind::thread_cpu : clock_kind::program_cpu, owner);
}

clock_reference machine_clock(clock_kind kind)
{
    clock_reference c;
    c.kind = kind;
    return c;
}
} // namespace

clock_reference::clock_reference() = default;
clock_reference::clock_reference(const clock_reference&) = default;
clock_reference& clock_reference::operator=(const clock_reference&) = default;
clock_reference::~clock_reference() = default;

nanoseconds clock_reference::now() const
{
    switch (kind) {
    case clock_kind::realtime:
        return timekeeping::wall_clock();
    case clock_kind::monotonic:
        return timekeeping::now().time_since_epoch();
    case clock_kind::program_cpu:
        return program->cpu_time();
    case clock_kind::program_user:
        return program->cpu_times().user;
    case clock_kind::thread_cpu:
        return thread->cpu_time();
    }
    return {};
}

timekeeping::deadline clock_reference::earliest(nanoseconds time) const
{
    switch (kind) {
    case clock_kind::monotonic:
        return instant(time);
    case clock_kind::realtime:
        return timekeeping::deadline::at_wall_clock(time);
    case clock_kind::program_cpu:
    case clock_kind::program_user:
        return timekeeping::after(timekeeping::now(),
                                  std::max((time - now()) / arch::cpu_count(), shortest_look));
    case clock_kind::thread_cpu:
        return timekeeping::after(timekeeping::now(), std::max(time - now(), shortest_look));
    }
    return timekeeping::never;
}

bool is_coarse(clock_id id)
{
    return id == clock_realtime_coarse || id == clock_monotonic_coarse;
}

result<clock_reference> find_clock(clock_id id)
{
    if (id < 0)
        return dynamic_clock(id);
    switch (id) {
    case clock_realtime:
    case clock_realtime_coarse:
    case clock_realtime_alarm:
    case clock_tai: // without leap seconds announced it is UTC
        return machine_clock(clock_kind::realtime);
    case clock_monotonic:
    case clock_monotonic_raw:
    case clock_monotonic_coarse:
    case clock_boottime: // the machine never suspends
    case clock_boottime_alarm:
        return machine_clock(clock_kind::monotonic);
    case clock_process_cputime:
        return cpu_clock(clock_kind::program_cpu, 0);
    case clock_thread_cputime:
        return cpu_clock(clock_kind::thread_cpu, 0);
    default:
        return fail(errc::einval);
    }
}

result<clock_reference> find_timer_clock(clock_id id)
{
    switch (id) {
    case clock_monotonic_raw:
    case clock_realtime_coarse:
    case clock_monotonic_coarse:
    case clock_realtime_alarm: // need a real-time clock that wakes the machine
    case clock_boottime_alarm:
        return fail(errc::eopnotsupp);
    default:
        return find_clock(id);
    }
}
} // namespace linux
