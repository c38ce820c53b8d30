// Programming the APIC timer; see arch/clock.hh for the contract.
#include "arch/x64/time/timer_hardware.hh"

#include <algorithm>

#include "arch/clock.hh"
#include "arch/wide_math.hh"
#include "arch/x64/apic/fixed_vectors.hh"
#include "arch/x64/apic/local_apic.hh"
#include "arch/x64/cpu/features.hh"
#include "arch/x64/trap/vectors.hh"
#include "core/time/timer_queue.hh"

namespace arch
{
namespace
{
constinit u64 ticks_per_nanosecond = 0; // fixed point, 32 bits behind the point
constexpr u64 nanoseconds_per_second = 1'000'000'000;
constexpr u64 longest_countdown = 0xffff'ffff;

void handle_timer(void*)
{
    timekeeping::timer_queue::this_cpu().expire();
}

void program_countdown(instant deadline)
{
    if (deadline == timekeeping::never)
        return local_apic::start_timer(0);
    const auto delay = std::max<s64>((deadline - timekeeping::now()).count(), 0);
    const auto ticks = static_cast<u64>(static_cast<unsigned __int128>(delay) * ticks_per_nanosecond >> 32);
    // Too far away: the interrupt comes early, finds nothing to do and programs the rest.
    local_apic::start_timer(static_cast<u32>(std::clamp<u64>(ticks, 1, longest_countdown)));
}
} // namespace

namespace timer_hardware
{
void choose(u64 apic_frequency)
{
    ticks_per_nanosecond = multiply_divide(apic_frequency, u64{1} << 32, nanoseconds_per_second);
    set_fixed_handler(vector::timer, handle_timer);
}

void start_on_this_cpu()
{
    if (features.tsc_deadline)
        local_apic::use_deadline_mode();
}
} // namespace timer_hardware

void program_timer(instant deadline)
{
    if (!features.tsc_deadline)
        return program_countdown(deadline);
    if (deadline == timekeeping::never)
        return local_apic::start_deadline_timer(0);
    local_apic::start_deadline_timer(timekeeping::cycles_at(deadline));
}
} // namespace arch
