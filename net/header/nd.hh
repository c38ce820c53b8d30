// Neighbour discovery messages and their options (RFC 4861 §4).
#pragma once

#include "core/device/network_device.hh"
#include "net/address.hh"
#include "net/header/icmp.hh"
#include "net/header/view.hh"

namespace net::nd
{
struct router_solicitation {
    icmp_header icmp;
};

struct router_advertisement {
    u8 type = 0;
    u8 code = 0;
    checksum_field checksum;
    u8 hop_limit = 0;
    u8 flags = 0;
    be16 router_lifetime; // s
    be32 reachable_time;  // ms
    be32 retransmit_time; // ms
};
static_assert(sizeof(router_advertisement) == 16);

/// Solicitation and advertisement.
struct neighbour_message {
    static constexpr u32 from_router = 0x8000'0000, solicited = 0x4000'0000, override_entry = 0x2000'0000;
    icmp_header icmp{}; // flags of an advertisement: icmp.parameter()
    ip_address target{};
};
static_assert(sizeof(neighbour_message) == 24);

struct redirect {
    icmp_header icmp;
    ip_address target;
    ip_address destination;
};

enum class option_type : u8 {
    source_link = 1,
    target_link = 2,
    prefix = 3,
    redirected = 4,
    mtu = 5,
    dns_servers = 25 // RFC 8106 §5.1
};

struct option_head {
    u8 type;
    u8 length; // in units of 8, this head included
};

struct link_option {
    u8 type;
    u8 length = 1;
    mac_address address;
};

struct prefix_option {
    static constexpr u8 on_link = 0x80, autonomous = 0x40;
    u8 type;
    u8 length;
    u8 prefix_length;
    u8 flags;
    be32 valid_lifetime; // s
    be32 preferred_lifetime;
    be32 reserved;
    ip_address prefix;
};
static_assert(sizeof(prefix_option) == 32);

struct mtu_option {
    u8 type;
    u8 length;
    be16 reserved;
    be32 mtu;
};

struct dns_option {
    u8 type;
    u8 length;
    be16 reserved;
    be32 lifetime; // s; addresses follow
};

/// Calls visit(type, bytes of the option) for each; false if they are malformed (RFC 4861 §6.1.2: then the
/// whole message is dropped).
template <class Visit>
bool for_each_option(std::span<const std::byte> options, Visit visit)
{
    while (!options.empty()) {
        const auto* head = view<option_head>(options);
        const size_t bytes = head ? head->length * size_t{8} : 0;
        if (bytes == 0 || bytes > options.size())
            return false;
        visit(static_cast<option_type>(head->type), options.first(bytes));
        options = options.subspan(bytes);
    }
    return true;
}
} // namespace net::nd
