// The TCP header (RFC 9293 §3.1).
#pragma once

#include "net/header/big_endian.hh"
#include "net/header/checksum.hh"
#include "net/header/view.hh"

namespace net
{
struct tcp_header {
    enum : u8 {
        fin = 0x01,
        syn = 0x02,
        rst = 0x04,
        psh = 0x08,
        ack = 0x10,
        urg = 0x20,
        ece = 0x40,
        cwr = 0x80
    };
    static constexpr u32 largest = 60;
    static constexpr u8 checksum_offset = 16; // for packet::checksum_offset

    be16 source;
    be16 destination;
    be32 sequence;
    be32 acknowledgement;
    u8 data_offset = 0x50; // length in units of 4 in the upper half
    u8 flags = 0;
    be16 window;
    checksum_field checksum;
    be16 urgent;

    u32 header_length() const { return (data_offset >> 4) * 4u; }
    void set_header_length(u32 bytes) { data_offset = static_cast<u8>(bytes / 4 << 4); }
    bool has(u8 f) const { return (flags & f) == f; }

    std::span<const std::byte> options() const
    {
        return {reinterpret_cast<const std::byte*>(this + 1), header_length() - sizeof *this};
    }

    /// Of a packet that begins with it: the length is checked, options lie in the head. The checksum is not
    /// verified.
    static tcp_header* find(packet& p)
    {
        auto* h = view<tcp_header>(p);
        if (!h || h->header_length() < sizeof *h || h->header_length() > p.length())
            return nullptr;
        if (p.head().size() < h->header_length()) {
            if (!p.make_linear(h->header_length()))
                return nullptr;
            h = view<tcp_header>(p);
        }
        return h;
    }
};
static_assert(sizeof(tcp_header) == 20);
} // namespace net
