// ICMP and ICMPv6 messages (RFC 792, 1191, 4443).
#pragma once

#include "net/header/big_endian.hh"
#include "net/header/checksum.hh"

namespace net
{
struct icmp_header {
    u8 type = 0;
    u8 code = 0;
    checksum_field checksum;
    be16 identifier; // echo; unused in errors
    be16 sequence;   // echo; in errors: the MTU (RFC 1191 §4)

    /// ICMPv6's 32-bit field: the MTU or the pointer.
    u32 parameter() const { return u32{identifier} << 16 | sequence; }
    void set_parameter(u32 value)
    {
        identifier = static_cast<u16>(value >> 16);
        sequence = static_cast<u16>(value);
    }
};
static_assert(sizeof(icmp_header) == 8);

namespace icmp4
{
enum : u8 {
    echo_reply = 0,
    unreachable = 3,
    source_quench = 4,
    redirect = 5,
    echo_request = 8,
    time_exceeded = 11,
    parameter_problem = 12
};
/// Codes of `unreachable`.
enum : u8 {
    net_unreachable = 0,
    host_unreachable = 1,
    protocol_unreachable = 2,
    port_unreachable = 3,
    fragmentation_needed = 4,
    source_route_failed = 5,
    last_code = 15
};
} // namespace icmp4

namespace icmp6
{
enum : u8 {
    unreachable = 1,
    too_big = 2,
    time_exceeded = 3,
    parameter_problem = 4,
    first_informational = 128,
    echo_request = 128,
    echo_reply = 129,
    listener_query = 130,
    listener_report = 131,
    listener_done = 132,
    router_solicitation = 133,
    router_advertisement = 134,
    neighbour_solicitation = 135,
    neighbour_advertisement = 136,
    redirect = 137,
    listener_report2 = 143
};
/// Codes of `unreachable`.
enum : u8 {
    no_route = 0,
    prohibited = 1,
    beyond_scope = 2,
    address_unreachable = 3,
    port_unreachable = 4,
    policy_failed = 5,
    route_rejected = 6
};
/// Codes of `parameter_problem`.
enum : u8 { bad_field = 0, unknown_next_header = 1, unknown_option = 2 };
} // namespace icmp6
} // namespace net
