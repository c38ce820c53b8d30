#include "net/tcp/reno.hh"

#include <algorithm>

namespace net::tcp
{
void reno::start(congestion_state& s) const
{
    s.scratch[0] = 0;
}

void reno::grow(congestion_state& s, const acknowledgement& a) const
{
    if (!a.limited_by_window)
        return; // RFC 7661's reason: a window that was not used says nothing about the path
    u32 bytes = a.bytes;
    if (s.slow_start())
        bytes = slow_start(s, bytes);
    // One segment for each window of acknowledged bytes.
    u32& acknowledged = s.scratch[0];
    acknowledged += bytes;
    while (acknowledged >= s.window) {
        acknowledged -= s.window;
        s.window += a.segment_size;
    }
}

u32 reno::back_off(congestion_state& s, u32 in_flight, u32 segment_size) const
{
    s.scratch[0] = 0;
    return std::max(in_flight / 2, 2 * segment_size); // RFC 5681, equation 4
}
} // namespace net::tcp
