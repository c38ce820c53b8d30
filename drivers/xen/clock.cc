// The date: when Xen started, and how long it has run since.
#include "drivers/xen/clock.hh"

#include <atomic>

#include "arch/cpu.hh"

namespace xen
{
namespace
{
/// Reads what Xen changes under a version number that is odd meanwhile.
template <class Reader>
void read_stable(const u32& version, Reader read)
{
    for (;;) {
        const u32 before = std::atomic_ref(const_cast<u32&>(version)).load(std::memory_order_acquire);
        read();
        std::atomic_thread_fence(std::memory_order_acquire);
        if (before % 2 == 0 && std::atomic_ref(const_cast<u32&>(version)).load() == before)
            return;
        arch::cpu_relax();
    }
}
} // namespace

u64 uptime_of(const vcpu_time& time, u64 now)
{
    u64 cycles = now > time.tsc ? now - time.tsc : 0;
    cycles = time.shift >= 0 ? cycles << time.shift : cycles >> -time.shift;
    return time.system_time +
           static_cast<u64>(static_cast<unsigned __int128>(cycles) * time.multiplier >> 32);
}

nanoseconds read_wall_clock(const shared_info& info)
{
    u64 seconds = 0, rest = 0, uptime = 0;
    read_stable(info.wall_version, [&] {
        seconds = u64{info.wall_seconds_high} << 32 | info.wall_seconds;
        rest = info.wall_nanoseconds;
    });
    const vcpu_time& time = info.vcpus[0].time;
    read_stable(time.version, [&] { uptime = uptime_of(time, arch::cycle_counter()); });
    return std::chrono::seconds(seconds) + nanoseconds(rest + uptime);
}
} // namespace xen
