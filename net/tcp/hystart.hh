// HyStart++ (RFC 9406): leaves the first slow start before it overruns the path's queue.
//
// Each round trip has a least sample. When it has grown by an eighth over the last round's, a queue builds
// up: from then on the window grows by a quarter of what slow start would (conservative slow start), for five
// rounds, after which congestion avoidance begins where the window stands. If the round trip shrinks again
// meanwhile, it was noise, and slow start goes on.
//
// Only for the first slow start, as §4.3 recommends: later ones end at a threshold that a loss has measured.
// Bytes are counted without the limit L, which is for senders whose acknowledgements come one by one.
#pragma once

#include "net/tcp/congestion.hh"

namespace net::tcp
{
struct hystart {
    u32 round_end;   // the round is over when this number is acknowledged
    u32 least;       // of this round's samples, in microseconds; 0: none yet
    u32 last_least;  // of the last round's
    u32 baseline;    // the least at which conservative slow start began; 0: it is plain slow start
    u32 remainder;   // bytes of growth that were no whole quarter
    u16 samples;     // of this round
    bool begun;      // round_end is valid
    u8 conservative; // rounds of conservative slow start

    /// The window grows by an acknowledgement; ends slow start by setting the threshold.
    void grow(congestion_state& s, const acknowledgement& a);

  private:
    void take_sample(u32 trip);
    void end_round(congestion_state& s);
};
static_assert(sizeof(hystart) <= sizeof(congestion_state::scratch));
} // namespace net::tcp
