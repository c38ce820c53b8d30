// The IPv6 header and its extension headers (RFC 8200 §3, §4).
#pragma once

#include "net/address.hh"
#include "net/header/big_endian.hh"
#include "net/header/view.hh"

namespace net
{
struct ipv6_header {
    static constexpr u32 minimum_mtu = 1280;

    be32 version_class_flow = 0x6000'0000;
    be16 payload_length; // extension headers included
    u8 next_header = 0;
    u8 hop_limit = 0;
    ip_address source;
    ip_address destination;

    u8 traffic_class() const { return static_cast<u8>(version_class_flow >> 20); }
    void set_traffic_class(u8 value) { version_class_flow = 0x6000'0000 | u32{value} << 20; }

    /// Of a packet that begins with it: version and length are checked.
    static ipv6_header* find(packet& p)
    {
        auto* h = view<ipv6_header>(p);
        if (!h || h->version_class_flow >> 28 != 6 || h->payload_length + sizeof *h > p.length())
            return nullptr;
        return h;
    }
};
static_assert(sizeof(ipv6_header) == 40 && alignof(ipv6_header) == 1);

namespace ipv6_extension
{
enum : u8 { hop_by_hop = 0, routing = 43, fragment = 44, none = 59, destination = 60 };

/// Hop-by-hop, destination options and routing headers begin so.
struct head {
    u8 next_header;
    u8 length; // in units of 8, the first 8 not counted

    u32 bytes() const { return (length + 1u) * 8; }
};

struct option {
    enum : u8 { pad1 = 0, pad_n = 1, router_alert = 5 };
    u8 type;
    u8 length;
    /// What a receiver does that does not know it: the two highest bits (RFC 8200 §4.2).
    enum class unknown : u8 { skip = 0, discard = 1, report = 2, report_unless_multicast = 3 };
    unknown if_unknown() const { return static_cast<unknown>(type >> 6); }
};

struct routing_head {
    u8 next_header;
    u8 length;
    u8 type;
    u8 segments_left;
    u32 bytes() const { return (length + 1u) * 8; }
};

struct fragment_header {
    u8 next_header;
    u8 reserved = 0;
    be16 offset_and_more; // offset in units of 8 in the upper 13 bits
    be32 identification;

    u32 offset() const { return offset_and_more & 0xfff8u; }
    bool more() const { return offset_and_more & 1; }
};
static_assert(sizeof(fragment_header) == 8 && sizeof(routing_head) == 4);
} // namespace ipv6_extension
} // namespace net
