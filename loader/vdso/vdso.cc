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

constexpr bool is_among(u32 clocks, int clock)
{
    return static_cast<u32>(clock) < 32 && (clocks >> clock & 1);
}

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

__extension__ using u128 = unsigned __int128;

/// Whether the counter is read after everything before it in the program; a coarse clock need not be.
enum class reading : u8 { ordered, at_leisure };

template <reading How>
inline u64 cycles()
{
    u64 count;
    if constexpr (How == reading::ordered)
        asm volatile("lfence; rdtsc; shl $32, %%rdx; or %%rdx, %%rax" : "=a"(count)::"rdx", "cc", "memory");
    else
        asm volatile("rdtsc; shl $32, %%rdx; or %%rdx, %%rax" : "=a"(count)::"rdx", "cc", "memory");
    return count;
}

// A look: valid if start_look()'s number is the page's still after everything was read. Pairs with
// vdso_data::write(). An odd number never is: the page is being changed, or only the kernel knows the time.
inline u32 start_look()
{
    return vdso_data_page.sequence.load(std::memory_order_acquire) & ~1u;
}
inline bool was_valid(u32 start)
{
    std::atomic_thread_fence(std::memory_order_acquire);
    return vdso_data_page.sequence.load(std::memory_order_relaxed) == start;
}

/// Nanoseconds of the wall clock or since boot, as the page has it now.
template <reading How>
inline u64 evaluate(bool wall)
{
    const vdso_data& data = vdso_data_page;
    u64 passed;
    // Another CPU's counter may have been read a little later when the base was set.
    if (__builtin_sub_overflow(cycles<How>(), data.cycle_base, &passed))
        passed = 0;
    u64 now = data.monotonic_base + static_cast<u64>(u128{passed} * data.nanoseconds_per_cycle >> 32);
    if (wall)
        now += static_cast<u64>(data.wall_offset);
    return now;
}

constexpr u64 unknown = ~u64{0};

/// Looks until it knows. Unknown: only the kernel does.
[[gnu::noinline]] u64 keep_looking(bool wall)
{
    while (vdso_data_page.clock == vdso_data::clock_source::tsc) {
        const u32 start = start_look();
        const u64 now = evaluate<reading::ordered>(wall);
        if (was_valid(start))
            return now;
        asm volatile("pause");
    }
    return unknown;
}

inline u64 wall_time()
{
    const u32 start = start_look();
    const u64 now = evaluate<reading::ordered>(true);
    return was_valid(start) ? now : keep_looking(true);
}

/// Whole seconds by one multiplication with 2^93 / 10^9, rounded up: too much by less than n / 2^93, which is
/// less than the 10^-9 up to the next second for all n below 2^63.
inline s64 whole_seconds(u64 ns)
{
    constexpr u64 factor =
        static_cast<u64>(((u128{1} << 93) + nanoseconds_per_second - 1) / nanoseconds_per_second);
    return static_cast<s64>(static_cast<u64>(u128{ns} * factor >> 64) >> 29);
}

inline int store(u64 now, timespec* out)
{
    const s64 whole = whole_seconds(now);
    out->seconds = whole;
    out->nanoseconds = static_cast<s64>(now) - whole * s64{nanoseconds_per_second};
    return 0;
}

/// Every other clock, and what one look did not tell. Called last by the fast ways, which so keep nothing.
[[gnu::noinline]] int get_time_slowly(int clock, timespec* out)
{
    if (is_among(wall_clocks | monotonic_clocks, clock))
        if (const u64 now = keep_looking(is_among(wall_clocks, clock)); now != unknown)
            return store(now, out);
    return static_cast<int>(make_call(call_clock_gettime, static_cast<u64>(clock), address_of(out)));
}

template <reading How>
inline int get_time(bool wall, int clock, timespec* out)
{
    const u32 start = start_look();
    const u64 now = evaluate<How>(wall);
    if (was_valid(start)) [[likely]]
        return store(now, out);
    return get_time_slowly(clock, out);
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
    if (static_cast<u32>(clock) <= monotonic) [[likely]]
        return get_time<reading::ordered>(clock == realtime, clock, out);
    if (clock == monotonic_coarse || clock == realtime_coarse)
        return get_time<reading::at_leisure>(clock == realtime_coarse, clock, out);
    return get_time_slowly(clock, out);
}

int __vdso_clock_getres(int clock, timespec* out)
{
    constexpr u32 coarse =
        1u << realtime_coarse | 1u << monotonic_coarse; // their ticks are the kernel's to tell
    if (!is_among((wall_clocks | monotonic_clocks) & ~coarse, clock))
        return static_cast<int>(make_call(call_clock_getres, static_cast<u64>(clock), address_of(out)));
    if (out) {
        out->seconds = 0;
        out->nanoseconds = vdso_data_page.resolution;
    }
    return 0;
}

int __vdso_gettimeofday(timeval* out, timezone* zone)
{
    const u64 now = wall_time();
    if (now == unknown)
        return static_cast<int>(make_call(call_gettimeofday, address_of(out), address_of(zone)));
    if (out) {
        out->seconds = whole_seconds(now);
        out->microseconds = (static_cast<s64>(now) - out->seconds * s64{nanoseconds_per_second}) / 1000;
    }
    if (zone)
        *zone = {};
    return 0;
}

s64 __vdso_time(s64* out)
{
    const u64 now = wall_time();
    if (now == unknown)
        return make_call(call_time, address_of(out), 0);
    const s64 seconds = whole_seconds(now);
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
