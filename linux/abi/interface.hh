// ioctls on network interfaces and their structures (uapi/linux/if.h, sockios.h, if_arp.h).
#pragma once

#include "core/base/types.hh"
#include "linux/abi/socket.hh"

namespace linux
{
inline constexpr u32 siocatmark = 0x8905, siocgstamp = 0x8906, siocaddrt = 0x890b, siocgifname = 0x8910,
                     siocgifconf = 0x8912, siocgifflags = 0x8913, siocsifflags = 0x8914, siocgifaddr = 0x8915,
                     siocsifaddr = 0x8916, siocgifdstaddr = 0x8917, siocgifbrdaddr = 0x8919,
                     siocgifnetmask = 0x891b, siocgifmetric = 0x891d, siocgifmtu = 0x8921,
                     siocsifmtu = 0x8922, siocgifhwaddr = 0x8927, siocgifindex = 0x8933,
                     siocgiftxqlen = 0x8942, siocethtool = 0x8946, siocgmiiphy = 0x8947, siocgifmap = 0x8970;

inline constexpr u32 iff_up = 0x1, iff_broadcast = 0x2, iff_loopback = 0x8, iff_running = 0x40,
                     iff_multicast = 0x1000, iff_lower_up = 0x10000;

inline constexpr u16 arphrd_ether = 1, arphrd_loopback = 772;
inline constexpr size_t interface_name_size = 16;

struct ifreq {
    char name[interface_name_size];
    union {
        sockaddr_in address;
        struct {
            u16 family;
            u8 bytes[14];
        } hardware;
        s16 flags;
        s32 number;
        u8 all[24];
    };
};
struct ifconf {
    s32 length;
    u32 padding;
    u64 requests;
};
static_assert(sizeof(ifreq) == 40 && sizeof(ifconf) == 16);
} // namespace linux
