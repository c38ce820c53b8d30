// struct tcp_info as Linux lays it out (linux/tcp.h, TCP_INFO).
#pragma once

#include "core/base/types.hh"

namespace net::tcp
{
struct tcp_info {
    u8 state = 0, ca_state = 0, retransmits = 0, probes = 0, backoff = 0, options = 0;
    u8 window_scales = 0; // sending 4 bits, receiving 4 bits
    u8 flags = 0;
    u32 rto = 0, ato = 0, snd_mss = 0, rcv_mss = 0;
    u32 unacked = 0, sacked = 0, lost = 0, retrans = 0, fackets = 0;
    u32 last_data_sent = 0, last_ack_sent = 0, last_data_recv = 0, last_ack_recv = 0; // milliseconds ago
    u32 pmtu = 0, rcv_ssthresh = 0, rtt = 0, rttvar = 0, snd_ssthresh = 0, snd_cwnd = 0, advmss = 0;
    u32 reordering = 0, rcv_rtt = 0, rcv_space = 0, total_retrans = 0;
    u64 pacing_rate = ~u64{0}, max_pacing_rate = ~u64{0}, bytes_acked = 0, bytes_received = 0;
    u32 segs_out = 0, segs_in = 0, notsent_bytes = 0, min_rtt = 0, data_segs_in = 0, data_segs_out = 0;
    u64 delivery_rate = 0, busy_time = 0, rwnd_limited = 0, sndbuf_limited = 0;
    u32 delivered = 0, delivered_ce = 0;
    u64 bytes_sent = 0, bytes_retrans = 0;
    u32 dsack_dups = 0, reord_seen = 0, rcv_ooopack = 0, snd_wnd = 0, rcv_wnd = 0, rehash = 0;
};
static_assert(sizeof(tcp_info) == 240);
} // namespace net::tcp
