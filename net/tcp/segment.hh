// A segment that arrived, taken apart.
#pragma once

#include "core/time/clock.hh"
#include "net/header/tcp.hh"
#include "net/header/tcp_options.hh"
#include "net/tcp/sequence.hh"

namespace net::tcp
{
struct segment {
    sequence begin; // of its first byte, or of its SYN
    u32 length = 0; // of the payload
    sequence acknowledgement{};
    u16 window = 0; // as it stands in the header
    u16 urgent = 0;
    u8 flags = 0;
    bool congestion_experienced = false; // of the IP header (RFC 3168)
    instant at{};
    tcp_options options{};

    bool has(u8 f) const { return (flags & f) != 0; }
    /// SYN and FIN take a number each.
    u32 sequence_length() const
    {
        return length + (has(tcp_header::syn) ? 1 : 0) + (has(tcp_header::fin) ? 1 : 0);
    }
    sequence end() const { return begin + sequence_length(); }
};
} // namespace net::tcp
