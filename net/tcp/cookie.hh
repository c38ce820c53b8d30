// SYN cookies (RFC 4987 §3.6): the half-open connection is kept in our initial sequence number.
//
//     31        27 26   24 23                      0
//     | minute mod 32 | MSS | hash of all and minute |
//
// What the SYN offered beside its MSS is kept in the lowest bits of the timestamp that we send and that the
// ACK echoes; without timestamps there is no window scale and no SACK.
#pragma once

#include <optional>

#include "core/time/clock.hh"
#include "net/header/tcp_options.hh"
#include "net/tcp/flow.hh"
#include "net/tcp/sequence.hh"

namespace net::tcp
{
class cookies
{
  public:
    /// An initial sequence number for the answer to a SYN.
    sequence make(const four_tuple& t, sequence initial_receive, u16 max_segment, instant now) const;

    /// The MSS that make() was given, or the next smaller one that fits three bits. Nothing: no cookie of the
    /// last two minutes.
    std::optional<u16> check(const four_tuple& t, sequence initial_receive, sequence cookie,
                             instant now) const;

    /// A timestamp, at most `stamp`, that remembers options; what it remembers.
    static u32 remember(u32 stamp, const tcp_options& syn, bool ecn);
    struct memory {
        std::optional<u8> window_scale;
        bool sack;
        bool ecn;
    };
    static memory recall(u32 stamp);

  private:
    u32 hash(const four_tuple& t, sequence initial_receive, u32 minute, u32 index) const;

    const hash_key _key = hash_key::random();
};
} // namespace net::tcp
