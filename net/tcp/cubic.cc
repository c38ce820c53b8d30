#include "net/tcp/cubic.hh"

#include "net/tcp/hystart.hh"

#include <algorithm>
#include <bit>

namespace net::tcp
{
namespace
{
/// congestion_state::scratch by name, once the first slow start is over; before, it is a hystart.
struct epoch {
    u32 begin;       // 1/1024 s; 0: a new one begins with the next acknowledgement
    u32 origin;      // W_max of this epoch, bytes
    u32 k;           // 1/1024 s
    u32 last_max;    // W_max, bytes (RFC 9438 §4.7's is smaller)
    u32 reno_window; // W_est, bytes
    u32 reno_bytes;  // acknowledged towards its next growth
    u32 cubic_bytes; // acknowledged towards the window's next growth
};
static_assert(sizeof(epoch) == sizeof(congestion_state::scratch));

epoch& epoch_of(congestion_state& s)
{
    return *reinterpret_cast<epoch*>(s.scratch);
}

hystart& hystart_of(congestion_state& s)
{
    return *reinterpret_cast<hystart*>(s.scratch);
}

u32 ticks(nanoseconds t)
{
    return static_cast<u32>((t.count() << 10) / 1'000'000'000);
}

void begin_epoch(epoch& e, u32 window, u32 now, u32 segment_size)
{
    e.begin = now | 1;
    e.reno_window = window;
    e.reno_bytes = e.cubic_bytes = 0;
    if (e.last_max <= window) {
        e.k = 0;
        e.origin = window;
    } else {
        // (W_max - cwnd) / C in segments is seconds cubed: with 2^30 for (1/1024 s)^3 and 5/2 for 1/C.
        e.k = cube_root((u64{e.last_max - window} << 30) / segment_size * 5 / 2);
        e.origin = e.last_max;
    }
}

/// W_cubic at a time after the epoch's begin, in bytes.
u32 target_at(const epoch& e, u32 elapsed, u32 segment_size)
{
    const u64 distance = std::min<u64>(elapsed < e.k ? e.k - elapsed : elapsed - e.k, 1 << 19);
    const u64 cubed = (distance * distance * distance) >> 10; // (1/1024 s)^3 * 2^20 in a second cubed
    const u64 delta = ((cubed >> 10) * segment_size * 2 / 5) >> 10;
    if (elapsed < e.k)
        return static_cast<u32>(e.origin - std::min<u64>(delta, e.origin));
    return static_cast<u32>(std::min<u64>(e.origin + delta, 0x7fff'ffff));
}
} // namespace

u32 cube_root(u64 number)
{
    if (number == 0)
        return 0;
    // Newton from above, which falls until it has arrived.
    u64 root = u64{1} << ((std::bit_width(number) + 2) / 3);
    for (;;) {
        const u64 next = (2 * root + number / (root * root)) / 3;
        if (next >= root)
            return static_cast<u32>(root);
        root = next;
    }
}

void cubic::start(congestion_state& s) const
{
    epoch_of(s) = {};
}

void cubic::grow(congestion_state& s, const acknowledgement& a) const
{
    if (!a.limited_by_window)
        return;
    if (s.first_slow_start()) {
        hystart_of(s).grow(s, a);
        if (!s.first_slow_start())
            start(s); // the epoch of congestion avoidance
        return;
    }
    epoch& e = epoch_of(s);
    u32 bytes = a.bytes;
    if (s.slow_start())
        bytes = slow_start(s, bytes);
    if (bytes == 0)
        return;
    const u32 now = ticks(a.now.time_since_epoch());
    if (e.begin == 0)
        begin_epoch(e, s.window, now, a.segment_size);

    // §4.2: where the window should be one round trip from now, at most half as much again.
    const u32 target = std::clamp(target_at(e, now - e.begin + ticks(a.round_trip), a.segment_size), s.window,
                                  s.window + s.window / 2);
    // §4.3: what Reno would have: alpha = 3 (1 - beta) / (1 + beta) = 9/17 segments for each window.
    e.reno_bytes += bytes;
    while (e.reno_bytes >= s.window) {
        e.reno_bytes -= s.window;
        e.reno_window += e.reno_window < e.last_max ? a.segment_size * 9 / 17 : a.segment_size;
    }
    // §4.4, 4.5: (target - window) / window for each byte; at least a segment in 100 windows.
    const u64 growth = std::max<u64>(target - s.window, a.segment_size / 100);
    e.cubic_bytes += static_cast<u32>(std::min<u64>(growth * bytes / a.segment_size, 0x3fff'ffff));
    const u64 step = e.cubic_bytes / (s.window / a.segment_size + 1);
    e.cubic_bytes -= static_cast<u32>(step * (s.window / a.segment_size + 1));
    s.window = static_cast<u32>(std::min<u64>(s.window + step, congestion_state::greatest_window));
    s.window = std::max(s.window, e.reno_window);
}

/// Of the window, not of what is in flight: §4.6 allows it where a window that is not used does not grow, and
/// Linux does it. A loss that comes while the application has little to send costs no more than another.
u32 cubic::back_off(congestion_state& s, u32, u32 segment_size) const
{
    if (s.first_slow_start())
        start(s);
    epoch& e = epoch_of(s);
    e.begin = 0;
    const u32 window = s.window;
    // §4.7, fast convergence: a flow that did not reach its last maximum makes room for a new one.
    e.last_max = window < e.last_max ? window / 100 * 85 : window;
    return std::max(window / 10 * 7, 2 * segment_size); // §4.6
}
} // namespace net::tcp
