// Round-trip time and the retransmission time-out (RFC 6298), with Linux's bounds.
#pragma once

#include <algorithm>

#include "core/time/clock.hh"

namespace net::tcp
{
class rtt_estimator
{
  public:
    static constexpr auto initial_timeout = seconds(1); // RFC 6298 §2.1
    static constexpr auto least_timeout = milliseconds(200);
    static constexpr auto greatest_timeout = seconds(120);

    /// RFC 6298 §2.2, 2.3. Karn's rule is the caller's: never of a segment that was sent twice.
    void sample(nanoseconds measured)
    {
        const auto rtt = static_cast<u32>(
            std::clamp<s64>(duration_cast<microseconds>(measured).count(), 1, longest_measured));
        if (_smoothed8 == 0) {
            _smoothed8 = rtt * 8;
            _variation4 = rtt * 2;
        } else {
            const u32 smoothed = _smoothed8 / 8;
            const u32 difference = smoothed > rtt ? smoothed - rtt : rtt - smoothed;
            _variation4 += difference - _variation4 / 4;
            _smoothed8 += rtt - smoothed;
        }
        if (_least == 0 || rtt < _least)
            _least = rtt;
    }

    bool measured() const { return _smoothed8 != 0; }
    microseconds smoothed() const { return microseconds(_smoothed8 / 8); }
    microseconds variation() const { return microseconds(_variation4 / 4); }
    microseconds least() const { return microseconds(_least); }

    /// Without back-off.
    nanoseconds timeout() const
    {
        if (!measured())
            return initial_timeout;
        // Linux's minimum bounds the variation's part, so that a steady path of any length keeps a margin.
        const nanoseconds variation = std::max<nanoseconds>(microseconds(_variation4), least_timeout);
        return std::min<nanoseconds>(smoothed() + variation, greatest_timeout);
    }

  private:
    static constexpr s64 longest_measured = 500'000'000; // eight times it still fits

    // Microseconds, scaled as Jacobson did it.
    u32 _smoothed8 = 0;
    u32 _variation4 = 0;
    u32 _least = 0;
};
} // namespace net::tcp
