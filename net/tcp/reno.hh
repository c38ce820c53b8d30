// Reno: additive increase, multiplicative decrease (RFC 5681).
#pragma once

#include "net/tcp/congestion.hh"

namespace net::tcp
{
class reno final : public congestion_control
{
  public:
    std::string_view name() const override { return "reno"; }
    void start(congestion_state& s) const override;
    void grow(congestion_state& s, const acknowledgement& a) const override;
    u32 back_off(congestion_state& s, u32 in_flight, u32 segment_size) const override;
};
} // namespace net::tcp
