// What stands before each frame in the queues of a network device (virtio 1.2 §5.1.6).
#pragma once

#include "core/base/types.hh"

namespace virtio
{
struct network_header {
    u8 flags = 0;
    u8 segmentation = 0;
    u16 header_length = 0; // to be sent: a hint how much the headers take
    u16 segment_size = 0;
    u16 checksum_start = 0; // in the frame
    u16 checksum_offset = 0;
    u16 buffers = 0; // received: over how many the frame spreads
};
static_assert(sizeof(network_header) == 12);

namespace header_flag
{
inline constexpr u8 needs_checksum = 1, data_valid = 2;
}

namespace header_segmentation
{
inline constexpr u8 none = 0, tcp4 = 1, tcp6 = 4, ecn = 0x80;
}

namespace network_feature
{
inline constexpr u64 checksum = u64{1} << 0, guest_checksum = u64{1} << 1, mtu = u64{1} << 3,
                     mac = u64{1} << 5, guest_tcp4 = u64{1} << 7, guest_tcp6 = u64{1} << 8,
                     guest_ecn = u64{1} << 9, host_tcp4 = u64{1} << 11, host_tcp6 = u64{1} << 12,
                     host_ecn = u64{1} << 13, merged_buffers = u64{1} << 15, status = u64{1} << 16,
                     control_queue = u64{1} << 17, control_receive = u64{1} << 18,
                     several_queues = u64{1} << 22;
}
} // namespace virtio
