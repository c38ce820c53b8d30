// Netlink and its route family (uapi/linux/netlink.h, rtnetlink.h, if_link.h, if_addr.h).
#pragma once

#include "core/base/types.hh"

namespace linux
{
inline constexpr int netlink_route = 0;

struct nlmsghdr {
    u32 length; // with this header
    u16 type;
    u16 flags;
    u32 sequence;
    u32 port;
};
struct nlmsgerr {
    s32 error;
    nlmsghdr request;
};
struct rtattr {
    u16 length; // with this header
    u16 type;
};
struct rtgenmsg {
    u8 family;
};
struct ifinfomsg {
    u8 family;
    u8 padding;
    u16 type; // ARPHRD_
    s32 index;
    u32 flags;
    u32 change;
};
struct ifaddrmsg {
    u8 family;
    u8 prefix_length;
    u8 flags;
    u8 scope;
    u32 index;
};
struct rtmsg {
    u8 family;
    u8 destination_length;
    u8 source_length;
    u8 tos;
    u8 table;
    u8 protocol;
    u8 scope;
    u8 type;
    u32 flags;
};
static_assert(sizeof(nlmsghdr) == 16 && sizeof(nlmsgerr) == 20 && sizeof(rtattr) == 4 &&
              sizeof(ifinfomsg) == 16 && sizeof(ifaddrmsg) == 8 && sizeof(rtmsg) == 12);

inline constexpr u16 nlmsg_noop = 1, nlmsg_error = 2, nlmsg_done = 3;
inline constexpr u16 nlm_f_request = 1, nlm_f_multi = 2, nlm_f_ack = 4, nlm_f_root = 0x100,
                     nlm_f_match = 0x200, nlm_f_dump = 0x300, nlm_f_capped = 0x100;

inline constexpr u16 rtm_newlink = 16, rtm_getlink = 18, rtm_newaddr = 20, rtm_getaddr = 22,
                     rtm_newroute = 24, rtm_getroute = 26, rtm_getneigh = 30, rtm_first = 16, rtm_last = 119;

inline constexpr u16 ifla_address = 1, ifla_broadcast = 2, ifla_ifname = 3, ifla_mtu = 4, ifla_qdisc = 6,
                     ifla_stats = 7, ifla_txqlen = 13, ifla_operstate = 16, ifla_linkmode = 17,
                     ifla_stats64 = 23, ifla_group = 27, ifla_carrier = 33;
inline constexpr u16 ifa_address = 1, ifa_local = 2, ifa_label = 3, ifa_broadcast = 4, ifa_cacheinfo = 6,
                     ifa_flags = 8;
inline constexpr u16 rta_dst = 1, rta_oif = 4, rta_gateway = 5, rta_priority = 6, rta_prefsrc = 7,
                     rta_table = 15;

inline constexpr u8 ifa_f_permanent = 0x80, ifa_f_deprecated = 0x20, ifa_f_tentative = 0x40;
inline constexpr u8 rt_scope_universe = 0, rt_scope_link = 253, rt_scope_host = 254;
inline constexpr u8 rt_table_main = 254, rtn_unicast = 1, rtprot_kernel = 2, rtprot_boot = 3,
                    rtprot_dhcp = 16, rtprot_ra = 9;
inline constexpr u8 if_oper_unknown = 0, if_oper_down = 2, if_oper_up = 6;

/// ifla_stats64's value, as far as we count.
struct rtnl_link_stats64 {
    u64 received_packets, sent_packets, received_bytes, sent_bytes, received_errors, sent_errors,
        received_dropped, sent_dropped;
    u64 others[16];
};
static_assert(sizeof(rtnl_link_stats64) == 192);

// Options of sol_netlink.
inline constexpr int netlink_add_membership = 1, netlink_drop_membership = 2, netlink_pktinfo = 3,
                     netlink_broadcast_error = 4, netlink_no_enobufs = 5, netlink_ext_ack = 11,
                     netlink_get_strict_chk = 12;
} // namespace linux
