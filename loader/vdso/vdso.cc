// The vDSO's code: the time and the CPU's number without entering the kernel. It is application code:
// compiled by itself, position-independent, linked by vdso.ld into a shared object whose bytes the kernel
// carries (image.S).
//
// The data page (core/time/vdso_data.hh) is mapped directly before this object. Where the kernel has no
// usable time-stamp counter, and for clocks that need the kernel (CPU time), the functions make the system
// call. Source: vdso(7); symbol version LINUX_2.6.
#include "core/time/vdso_data.hh"

extern "C" {
extern const vdso_data vdso_data_page __attribute__((visibility("hidden")));
}

namespace vdso
{
namespace
{
struct timespec {
    s64 seconds;
    s64 nanoseconds;
};
struct timeval {
    s64 seconds;
    s64 microseconds;
};
struct timezone {
    s32 minutes_west;
    s32 daylight;
};

enum clock_id : int {
    realtime = 0,
    monotonic = 1,
    monotonic_raw = 4,
    realtime_coarse = 5,
    monotonic_coarse = 6,
    boottime = 7,
    international_atomic = 11,
};
constexpr u32 wall_clocks = 1u << realtime | 1u << realtime_coarse | 1u << international_atomic;
constexpr u32 monotonic_clocks =
    1u << monotonic | 1u << monotonic_raw | 1u << monotonic_coarse | 1u << boottime;

enum system_call : long {
    call_gettimeofday = 96,
    call_time = 201,
    call_clock_gettime = 228,
    call_clock_getres = 229,
    call_getcpu = 309,
};

constexpr u64 nanoseconds_per_second = 1'000'000'000;

long make_call(long number, u64 a, u64 b, u64 c = 0)
{
    long answer;
    asm volatile("syscall" : "=a"(answer) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return answer;
}

u64 address_of(const void* p)
{
    return reinterpret_cast<u64>(p);
}

/// The counter, read after everything before it in the program.
inline u64 ordered_cycles()
{
    u32 low, high;
    asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
    return u64{high} << 32 | low;
}

inline u64 scale(u64 cycles, u64 factor)
{
    __extension__ using u128 = unsigned __int128;
    return static_cast<u64>(static_cast<u128>(cycles) * factor >> 32);
}

/// Nanoseconds of the wall clock or since boot. False: only the kernel knows.
inline bool read_clock(bool wall, u64* nanoseconds)
{
    const vdso_data& data = vdso_data_page;
    u32 sequence;
    do {
        // Pairs with the release stores in vdso_data::write().
        while ((sequence = data.sequence.load(std::memory_order_acquire)) & 1)
            asm volatile("pause");
        if (data.clock != vdso_data::clock_source::tsc)
            return false;
        const u64 cycles = ordered_cycles();
        // Another CPU's counter may have been read a little later when the base was set.
        const u64 passed = cycles > data.cycle_base ? cycles - data.cycle_base : 0;
        *nanoseconds = data.monotonic_base + scale(passed, data.nanoseconds_per_cycle);
        if (wall)
            *nanoseconds += static_cast<u64>(data.wall_offset);
        std::atomic_thread_fence(std::memory_order_acquire);
    } while (data.sequence.load(std::memory_order_relaxed) != sequence);
    return true;
}
} // namespace

extern "C" {
#pragma GCC visibility push(default)
int __vdso_clock_gettime(int clock, timespec* out);
int __vdso_clock_getres(int clock, timespec* out);
int __vdso_gettimeofday(timeval* out, timezone* zone);
s64 __vdso_time(s64* out);
long __vdso_getcpu(u32* cpu, u32* node, void*);
#pragma GCC visibility pop

int __vdso_clock_gettime(int clock, timespec* out)
{
    u64 now;
    const u32 bit = static_cast<u32>(clock) < 32 ? 1u << clock : 0;
    if ((bit & (wall_clocks | monotonic_clocks)) == 0 || !read_clock(bit & wall_clocks, &now))
        return static_cast<int>(make_call(call_clock_gettime, static_cast<u64>(clock), address_of(out)));
    out->seconds = static_cast<s64>(now / nanoseconds_per_second);
    out->nanoseconds = static_cast<s64>(now % nanoseconds_per_second);
    return 0;
}

int __vdso_clock_getres(int clock, timespec* out)
{
    constexpr u32 coarse =
        1u << realtime_coarse | 1u << monotonic_coarse; // their ticks are the kernel's to tell
    const u32 bit = static_cast<u32>(clock) < 32 ? 1u << clock : 0;
    if ((bit & (wall_clocks | monotonic_clocks) & ~coarse) == 0)
        return static_cast<int>(make_call(call_clock_getres, static_cast<u64>(clock), address_of(out)));
    if (out) {
        out->seconds = 0;
        out->nanoseconds = vdso_data_page.resolution;
    }
    return 0;
}

int __vdso_gettimeofday(timeval* out, timezone* zone)
{
    u64 now;
    if (!read_clock(true, &now))
        return static_cast<int>(make_call(call_gettimeofday, address_of(out), address_of(zone)));
    if (out) {
        out->seconds = static_cast<s64>(now / nanoseconds_per_second);
        out->microseconds = static_cast<s64>(now % nanoseconds_per_second / 1000);
    }
    if (zone)
        *zone = {};
    return 0;
}

s64 __vdso_time(s64* out)
{
    u64 now;
    if (!read_clock(true, &now))
        return make_call(call_time, address_of(out), 0);
    const s64 seconds = static_cast<s64>(now / nanoseconds_per_second);
    if (out)
        *out = seconds;
    return seconds;
}

long __vdso_getcpu(u32* cpu, u32* node, void*)
{
    u32 id;
    switch (vdso_data_page.cpu) {
    case vdso_data::cpu_source::rdpid: {
        u64 wide;
        asm volatile("rdpid %0" : "=r"(wide));
        id = static_cast<u32>(wide);
        break;
    }
    case vdso_data::cpu_source::rdtscp:
        asm volatile("rdtscp" : "=c"(id)::"rax", "rdx");
        break;
    default:
        return make_call(call_getcpu, address_of(cpu), address_of(node));
    }
    if (cpu) // TSC_AUX as on Linux: the CPU in the low 12 bits, its node above
        *cpu = id & 0xfff;
    if (node)
        *node = id >> 12;
    return 0;
}
}
} // namespace vdso
