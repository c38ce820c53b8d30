// Options and control messages of the internet protocols (uapi/linux/in.h, in6.h, tcp.h, udp.h).
#pragma once

#include "core/base/types.hh"

namespace linux
{
inline constexpr int ipproto_ip = 0, ipproto_icmp = 1, ipproto_tcp = 6, ipproto_udp = 17, ipproto_ipv6 = 41,
                     ipproto_icmpv6 = 58, ipproto_udplite = 136, ipproto_raw = 255, ipproto_max = 263;

// sol_ip
inline constexpr int ip_tos = 1, ip_ttl = 2, ip_hdrincl = 3, ip_options = 4, ip_recvopts = 6, ip_retopts = 7,
                     ip_pktinfo = 8, ip_mtu_discover = 10, ip_recverr = 11, ip_recvttl = 12, ip_recvtos = 13,
                     ip_mtu = 14, ip_freebind = 15, ip_transparent = 19, ip_recvorigdstaddr = 20,
                     ip_minttl = 21, ip_bind_address_no_port = 24, ip_multicast_if = 32,
                     ip_multicast_ttl = 33, ip_multicast_loop = 34, ip_add_membership = 35,
                     ip_drop_membership = 36, mcast_join_group = 42, mcast_leave_group = 45,
                     ip_multicast_all = 49, ip_unicast_if = 50;
// sol_ipv6
inline constexpr int ipv6_unicast_hops = 16, ipv6_multicast_if = 17, ipv6_multicast_hops = 18,
                     ipv6_multicast_loop = 19, ipv6_join_group = 20, ipv6_leave_group = 21,
                     ipv6_mtu_discover = 23, ipv6_mtu = 24, ipv6_recverr = 25, ipv6_v6only = 26,
                     ipv6_recvpktinfo = 49, ipv6_pktinfo = 50, ipv6_recvhoplimit = 51, ipv6_hoplimit = 52,
                     ipv6_dontfrag = 62, ipv6_recvtclass = 66, ipv6_tclass = 67, ipv6_autoflowlabel = 70,
                     ipv6_addr_preferences = 72, ipv6_freebind = 78;
// sol_tcp
inline constexpr int tcp_nodelay = 1, tcp_maxseg = 2, tcp_cork = 3, tcp_keepidle = 4, tcp_keepintvl = 5,
                     tcp_keepcnt = 6, tcp_syncnt = 7, tcp_linger2 = 8, tcp_defer_accept = 9,
                     tcp_window_clamp = 10, tcp_info = 11, tcp_quickack = 12, tcp_congestion = 13,
                     tcp_user_timeout = 18, tcp_fastopen = 23, tcp_notsent_lowat = 25,
                     tcp_fastopen_connect = 30, tcp_ulp = 31, tcp_inq = 36;
// sol_udp
inline constexpr int udp_cork = 1, udp_segment = 103, udp_gro = 104;

struct ip_mreq {
    u32 group;     // big-endian, as are all addresses here
    u32 interface; // its address
};
struct ip_mreqn {
    u32 group;
    u32 address;
    s32 interface;
};
struct ipv6_mreq {
    u8 group[16];
    s32 interface;
};
struct group_request {
    u32 interface;
    u32 padding;
    u8 group[128]; // a sockaddr
};
struct in_pktinfo {
    s32 interface;
    u32 source; // ipi_spec_dst: the local address
    u32 destination;
};
struct in6_pktinfo {
    u8 address[16];
    u32 interface;
};
static_assert(sizeof(ip_mreq) == 8 && sizeof(ip_mreqn) == 12 && sizeof(ipv6_mreq) == 20 &&
              sizeof(group_request) == 136 && sizeof(in_pktinfo) == 12 && sizeof(in6_pktinfo) == 20);
} // namespace linux
