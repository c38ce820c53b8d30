// The UDP header (RFC 768).
#pragma once

#include "net/header/big_endian.hh"
#include "net/header/checksum.hh"

namespace net
{
struct udp_header {
    be16 source;
    be16 destination;
    be16 length; // header and payload
    checksum_field checksum;
};
static_assert(sizeof(udp_header) == 8);
} // namespace net
