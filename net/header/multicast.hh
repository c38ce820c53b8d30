// IGMP (RFC 2236 §2, RFC 3376 §4) and the records that it shares with MLD (RFC 2710 §3, RFC 3810 §5).
#pragma once

#include "net/address.hh"
#include "net/header/big_endian.hh"
#include "net/header/icmp.hh"

namespace net
{
struct igmp_header {
    enum : u8 { query = 0x11, report2 = 0x16, leave = 0x17, report3 = 0x22 };
    u8 type = 0;
    u8 max_response = 0; // tenths of a second; 0 in version 1
    checksum_field checksum{};
    be32 group{};
};
static_assert(sizeof(igmp_header) == 8);

/// A report of version 3 with one group.
struct igmp_report3 {
    enum : u8 { is_exclude = 2, to_include = 3, to_exclude = 4 };
    u8 type = igmp_header::report3;
    u8 reserved = 0;
    checksum_field checksum{};
    be16 reserved2{};
    be16 record_count = 1;
    u8 record_type = 0;
    u8 auxiliary_length = 0;
    be16 source_count{};
    be32 group{};
};
static_assert(sizeof(igmp_report3) == 16);

/// MLD version 1 messages and the beginning of version 2's query.
struct mld_header {
    u8 type = 0;
    u8 code = 0;
    checksum_field checksum{};
    be16 max_response{}; // ms
    be16 reserved{};
    ip_address group{};
};
static_assert(sizeof(mld_header) == 24);

struct mld_report2 {
    u8 type = icmp6::listener_report2;
    u8 code = 0;
    checksum_field checksum{};
    be16 reserved{};
    be16 record_count = 1;
    u8 record_type = 0; // as IGMP's
    u8 auxiliary_length = 0;
    be16 source_count{};
    ip_address group{};
};
static_assert(sizeof(mld_report2) == 28);
} // namespace net
