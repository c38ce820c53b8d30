// CUBIC (RFC 9438): the window is a cubic function of the time since the last loss.
//
//     W_cubic(t) = C (t - K)^3 + W_max,   K = cbrt((W_max - cwnd_epoch) / C),   C = 0.4, beta = 0.7
//
// All in integers: windows in bytes, time in units of 1/1024 second, so K stays below 2^20 for every window
// up to 2^31 bytes.
#pragma once

#include "net/tcp/congestion.hh"

namespace net::tcp
{
class cubic final : public congestion_control
{
  public:
    std::string_view name() const override { return "cubic"; }
    void start(congestion_state& s) const override;
    void grow(congestion_state& s, const acknowledgement& a) const override;
    u32 back_off(congestion_state& s, u32 in_flight, u32 segment_size) const override;
};

/// The integer part of a number's cube root.
u32 cube_root(u64 number);
} // namespace net::tcp
