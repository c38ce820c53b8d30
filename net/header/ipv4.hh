// The IPv4 header (RFC 791 §3.1).
#pragma once

#include "net/address.hh"
#include "net/header/big_endian.hh"
#include "net/header/checksum.hh"
#include "net/header/view.hh"

namespace net
{
struct ipv4_header {
    static constexpr u16 dont_fragment = 0x4000, more_fragments = 0x2000, offset_mask = 0x1fff;
    static constexpr u32 minimum_mtu = 68; // RFC 791 §3.2

    u8 version_and_length = 0x45;
    u8 traffic_class = 0;
    be16 total_length;
    be16 identification;
    be16 fragment; // flags and offset in units of 8
    u8 hop_limit = 0;
    u8 protocol = 0;
    checksum_field checksum;
    be32 source;
    be32 destination;

    u32 header_length() const { return (version_and_length & 0xfu) * 4; }
    bool is_fragment() const { return fragment & (more_fragments | offset_mask); }
    u32 fragment_offset() const { return (fragment & offset_mask) * 8u; }
    /// Bytes behind the header.
    u32 payload_length() const { return total_length - header_length(); }
    ip_address source_address() const { return ip_address(ipv4_address{source}); }
    ip_address destination_address() const { return ip_address(ipv4_address{destination}); }

    /// Of all its bytes. The options lie behind it in memory.
    u64 sum() const
    {
        const auto* const bytes = reinterpret_cast<const std::byte*>(this);
        const u64 fixed = sum_header<20>(bytes);
        return header_length() == 20 ? fixed : sum_bytes(fixed, {bytes + 20, header_length() - 20});
    }

    /// Of a packet that begins with it: version, lengths and checksum are checked, options lie in the head.
    static ipv4_header* find(packet& p)
    {
        auto* h = view<ipv4_header>(p);
        if (!h || h->version_and_length >> 4 != 4 || h->header_length() < sizeof *h ||
            h->total_length < h->header_length() || h->total_length > p.length())
            return nullptr;
        if (p.head().size() < h->header_length()) {
            if (!p.make_linear(h->header_length()))
                return nullptr;
            h = view<ipv4_header>(p);
        }
        return sum_is_valid(h->sum()) ? h : nullptr;
    }
};
static_assert(sizeof(ipv4_header) == 20);
} // namespace net
