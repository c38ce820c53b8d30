// What a program chose for a socket; a listener's go over to the connections that it accepts.
#pragma once

#include "core/base/types.hh"
#include "net/socket/socket.hh"

namespace net::tcp
{
class congestion_control;

struct settings {
    // As tcp_rmem and tcp_wmem: least, initial, greatest by itself; and what a program may ask for
    // (rmem_max, wmem_max), which counts twice for the memory around the bytes (socket(7)).
    static constexpr u32 least_buffer = 4608;
    static constexpr u32 initial_receive_buffer = 131072, greatest_receive_buffer = 6_MiB;
    static constexpr u32 initial_send_buffer = 16384, greatest_send_buffer = 4_MiB;
    static constexpr u32 greatest_request = 212992;

    bool keep_alive : 1 = false;
    bool oob_inline : 1 = false;
    bool no_delay : 1 = false;
    bool cork : 1 = false;
    bool receive_buffer_set : 1 = false;
    bool send_buffer_set : 1 = false;
    bool lingers : 1 = false;
    u8 traffic_class = 0;
    u8 hop_limit = 64;
    u8 mtu_discover = 1; // IP_PMTUDISC_WANT
    u8 syn_count = 6;
    u8 keep_count = 9;
    u16 max_segment = 0;  // 0: what the path allows
    u16 keep_idle = 7200; // seconds
    u16 keep_interval = 75;
    u32 linger_seconds = 0;
    u32 user_timeout = 0; // milliseconds
    u32 defer_accept = 0; // seconds
    s32 linger2 = 60;     // seconds; negative: none
    u32 window_clamp = 0;
    u32 receive_low_water = 1;
    u32 not_sent_low_water = 0; // 0: no limit
    u32 receive_buffer = initial_receive_buffer;
    u32 send_buffer = initial_send_buffer;
    u32 interface_index = 0; // SO_BINDTODEVICE
    u32 priority = 0;
    u32 mark = 0;
    const tcp::congestion_control* congestion = nullptr; // null: the standard one
};
} // namespace net::tcp
