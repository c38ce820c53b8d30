// Sockets as programs see them: families, addresses, messages, options of socket(7) and the flags of its
// calls (uapi/linux/socket.h, asm-generic/socket.h, linux/socket.h). Options of the protocols: abi/inet.hh.
#pragma once

#include "core/base/types.hh"

namespace linux
{
// Families and types.
inline constexpr u16 af_unspec = 0, af_unix = 1, af_inet = 2, af_inet6 = 10, af_netlink = 16, af_packet = 17,
                     af_max = 46;
inline constexpr u32 sock_stream = 1, sock_dgram = 2, sock_raw = 3, sock_rdm = 4, sock_seqpacket = 5,
                     sock_dccp = 6, sock_packet = 10, sock_max = 11, sock_type_mask = 0xf;
inline constexpr u32 sock_nonblock = 04000, sock_cloexec = 02000000;

// Addresses.
struct sockaddr_in {
    u16 family;
    u16 port;    // big-endian
    u32 address; // big-endian
    u8 zero[8];
};
struct sockaddr_in6 {
    u16 family;
    u16 port;      // big-endian
    u32 flow_info; // big-endian
    u8 address[16];
    u32 scope;
};
struct sockaddr_un {
    u16 family;
    char path[108];
};
struct sockaddr_nl {
    u16 family;
    u16 padding;
    u32 port;
    u32 groups;
};
struct sockaddr_ll {
    u16 family;
    u16 protocol; // big-endian
    s32 interface;
    u16 hardware_type;
    u8 packet_type;
    u8 address_length;
    u8 address[8];
};
inline constexpr size_t sockaddr_storage_size = 128;

// Messages.
struct msghdr {
    u64 name;
    u32 name_length;
    u32 padding0;
    u64 segments;
    u64 segment_count;
    u64 control;
    u64 control_length;
    u32 flags;
    u32 padding1;
};
struct mmsghdr {
    msghdr header;
    u32 length;
    u32 padding;
};
struct cmsghdr {
    u64 length; // with this header
    s32 level;
    s32 type;
};
struct ucred {
    s32 pid;
    u32 uid;
    u32 gid;
};
struct linger {
    s32 on;
    s32 seconds;
};
static_assert(sizeof(sockaddr_in) == 16 && sizeof(sockaddr_in6) == 28 && sizeof(sockaddr_un) == 110 &&
              sizeof(sockaddr_nl) == 12 && sizeof(sockaddr_ll) == 20 && sizeof(msghdr) == 56 &&
              sizeof(mmsghdr) == 64 && sizeof(cmsghdr) == 16 && sizeof(ucred) == 12 && sizeof(linger) == 8);

inline constexpr u32 msg_oob = 1, msg_peek = 2, msg_dontroute = 4, msg_ctrunc = 8, msg_trunc = 0x20,
                     msg_dontwait = 0x40, msg_eor = 0x80, msg_waitall = 0x100, msg_fin = 0x200,
                     msg_syn = 0x400, msg_confirm = 0x800, msg_errqueue = 0x2000, msg_nosignal = 0x4000,
                     msg_more = 0x8000, msg_waitforone = 0x10000, msg_zerocopy = 0x4000000,
                     msg_fastopen = 0x20000000, msg_cmsg_cloexec = 0x40000000;

inline constexpr s32 scm_rights = 1, scm_credentials = 2;
inline constexpr size_t scm_max_fd = 253;
inline constexpr size_t optmem_max = 20480; // the most control data of one message
inline constexpr u32 somaxconn = 4096;

inline constexpr int shut_rd = 0, shut_wr = 1, shut_rdwr = 2;

// Levels of options and control messages.
inline constexpr int sol_ip = 0, sol_socket = 1, sol_tcp = 6, sol_udp = 17, sol_ipv6 = 41, sol_icmpv6 = 58,
                     sol_raw = 255, sol_netlink = 270;

// Options of sol_socket.
inline constexpr int so_debug = 1, so_reuseaddr = 2, so_type = 3, so_error = 4, so_dontroute = 5,
                     so_broadcast = 6, so_sndbuf = 7, so_rcvbuf = 8, so_keepalive = 9, so_oobinline = 10,
                     so_no_check = 11, so_priority = 12, so_linger = 13, so_bsdcompat = 14, so_reuseport = 15,
                     so_passcred = 16, so_peercred = 17, so_rcvlowat = 18, so_sndlowat = 19, so_rcvtimeo = 20,
                     so_sndtimeo = 21, so_bindtodevice = 25, so_attach_filter = 26, so_detach_filter = 27,
                     so_peername = 28, so_timestamp = 29, so_acceptconn = 30, so_peersec = 31,
                     so_sndbufforce = 32, so_rcvbufforce = 33, so_passsec = 34, so_timestampns = 35,
                     so_mark = 36, so_timestamping = 37, so_protocol = 38, so_domain = 39, so_rxq_ovfl = 40,
                     so_peek_off = 42, so_nofcs = 43, so_lock_filter = 44, so_select_err_queue = 45,
                     so_busy_poll = 46, so_max_pacing_rate = 47, so_bpf_extensions = 48, so_incoming_cpu = 49,
                     so_attach_bpf = 50, so_attach_reuseport_cbpf = 51, so_attach_reuseport_ebpf = 52,
                     so_meminfo = 55, so_incoming_napi_id = 56, so_cookie = 57, so_peergroups = 59,
                     so_zerocopy = 60, so_txtime = 61, so_bindtoifindex = 62, so_timestamp_new = 63,
                     so_timestampns_new = 64, so_timestamping_new = 65, so_rcvtimeo_new = 66,
                     so_sndtimeo_new = 67, so_prefer_busy_poll = 69, so_netns_cookie = 71, so_buf_lock = 72;

// Buffers: what is set is doubled, between these (net/core/sock.c's rule; sysctl_{r,w}mem_max).
inline constexpr u32 least_send_buffer = 4608, least_receive_buffer = 2304, default_socket_buffer = 212992,
                     most_socket_buffer = 212992;

/// One record of the error queue (uapi/linux/errqueue.h).
struct sock_extended_err {
    u32 error;
    u8 origin;
    u8 type;
    u8 code;
    u8 padding;
    u32 info;
    u32 data;
};
static_assert(sizeof(sock_extended_err) == 16);
} // namespace linux
