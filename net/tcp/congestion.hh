// Congestion control behind one interface: how the window grows, and what a loss makes of it.
//
// The algorithms have no state of their own; a connection keeps congestion_state for the one it uses. When
// a loss happened and what is sent during recovery is the business of net/tcp/recovery.
#pragma once

#include <string_view>

#include "core/time/clock.hh"
#include "net/tcp/sequence.hh"

namespace net::tcp
{
struct congestion_state {
    static constexpr u32 no_threshold = 0x7fff'ffff;
    static constexpr u32 greatest_window = 0x3fff'ffff;

    u32 window = 0;               // bytes that may be in flight
    u32 threshold = no_threshold; // slow start below it
    u32 scratch[7] = {};          // the algorithm's

    bool slow_start() const { return window < threshold; }
    /// No loss has measured the path yet.
    bool first_slow_start() const { return threshold == no_threshold; }
};

/// What an acknowledgement said.
struct acknowledgement {
    u32 bytes = 0; // delivered for the first time
    u32 segment_size = 0;
    instant now{};
    nanoseconds round_trip{0};      // smoothed; 0: not known
    nanoseconds latest_trip{0};     // of what was sent last and has arrived; 0: not known
    sequence acknowledged, next;    // SND.UNA, SND.NXT
    bool limited_by_window = false; // the sender had more to send than the window let it
};

class congestion_control
{
  public:
    /// RFC 6928.
    static constexpr u32 initial_segments = 10;

    /// Null if there is none of this name.
    static const congestion_control* find(std::string_view name);
    static const congestion_control& standard();

    virtual std::string_view name() const = 0;
    virtual void start(congestion_state& s) const = 0;
    /// Grows the window, outside of recovery.
    virtual void grow(congestion_state& s, const acknowledgement& a) const = 0;
    /// A loss or a congestion mark: what the threshold becomes, of `in_flight` bytes at that time.
    virtual u32 back_off(congestion_state& s, u32 in_flight, u32 segment_size) const = 0;

  protected:
    constexpr congestion_control() = default;
    ~congestion_control() = default;
    /// RFC 5681 §3.1; returns the bytes that are left once the threshold is reached.
    static u32 slow_start(congestion_state& s, u32 bytes);
};
} // namespace net::tcp
