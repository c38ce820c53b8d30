// What is left of a connection in TIME_WAIT (RFC 9293 §3.6.1): enough to acknowledge a FIN that comes again,
// to keep old segments out of a new connection with the same four numbers, and to allow that connection where
// it is safe (RFC 6191).
//
// It has no lock of its own: it belongs to the shard of the table that it stands in.
#pragma once

#include "core/time/clock.hh"
#include "net/tcp/flow.hh"
#include "net/tcp/segment.hh"

namespace net::tcp
{
class time_wait final : public flow
{
  public:
    /// Two maximum segment lifetimes, as Linux takes them.
    static constexpr auto duration = seconds(60);

    struct origin {
        sequence send_next;
        sequence receive_next;
        u16 window = 0; // as in a header
        bool has_timestamps = false;
        u32 recent_timestamp = 0;
        u32 timestamp_offset = 0;
    };
    time_wait(const four_tuple& tuple, const port_use& use, const origin& from);

    enum class verdict : u8 {
        drop,
        acknowledge,         // with the numbers below
        acknowledge_restart, // and the time begins again
        end,                 // a reset: the entry goes
        reuse,               // a SYN of a new connection: the entry goes, a listener decides
    };
    /// RFC 9293 §3.10.7.4 for this state, RFC 1337 for resets, RFC 6191 for SYNs.
    verdict judge(const segment& s) const;

    /// Whether a new connection of ours may take the four numbers (RFC 6191 §2): timestamps tell its segments
    /// from old ones once the clock has moved on.
    bool may_reuse(instant now) const;

    const origin& numbers() const { return _from; }

  private:
    friend class shard;
    const origin _from;
    instant _expires{}; // the shard's lock, as the next
    list_hook _hook;

  public:
    using queue = intrusive::list<time_wait, intrusive::member_hook<time_wait, list_hook, &time_wait::_hook>,
                                  intrusive::constant_time_size<false>>;
};
static_assert(sizeof(time_wait) <= 128);
} // namespace net::tcp
