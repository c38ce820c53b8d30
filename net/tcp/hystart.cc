#include "net/tcp/hystart.hh"

#include <algorithm>

namespace net::tcp
{
namespace
{
// RFC 9406 §4.3, times in microseconds.
constexpr u32 least_growth = 4000;     // MIN_RTT_THRESH
constexpr u32 greatest_growth = 16000; // MAX_RTT_THRESH
constexpr u32 growth_divisor = 8;      // MIN_RTT_DIVISOR
constexpr u16 enough_samples = 8;      // N_RTT_SAMPLE
constexpr u32 slower = 4;              // CSS_GROWTH_DIVISOR
constexpr u8 most_rounds = 5;          // CSS_ROUNDS
} // namespace

void hystart::take_sample(u32 trip)
{
    if (trip == 0)
        return;
    least = least == 0 ? trip : std::min(least, trip);
    if (samples < enough_samples)
        samples++;
    if (samples < enough_samples)
        return;
    if (baseline == 0) {
        if (last_least != 0 &&
            least >= last_least + std::clamp(last_least / growth_divisor, least_growth, greatest_growth)) {
            baseline = least;
            conservative = 0;
        }
    } else if (least < baseline) {
        baseline = 0;
    }
}

void hystart::end_round(congestion_state& s)
{
    last_least = least;
    least = 0;
    samples = 0;
    if (baseline != 0 && ++conservative == most_rounds)
        s.threshold = s.window;
}

void hystart::grow(congestion_state& s, const acknowledgement& a)
{
    const sequence end{round_end};
    if (!begun || end <= a.acknowledged) {
        if (begun)
            end_round(s);
        begun = true;
        round_end = a.next.value;
    }
    take_sample(static_cast<u32>(duration_cast<microseconds>(a.latest_trip).count()));
    if (!s.slow_start())
        return;
    u32 growth = a.bytes;
    if (baseline != 0) {
        remainder += growth;
        growth = remainder / slower;
        remainder %= slower;
    }
    s.window += std::min(growth, congestion_state::greatest_window - s.window);
}
} // namespace net::tcp
