// What the stack counts, as /proc/net/snmp and /proc/net/netstat show it (RFC 4293, 4022, 4113 and Linux's
// own).
//
// Relaxed atomics shared by all CPUs, one by one.
#pragma once

#include <atomic>

#include "core/base/types.hh"

namespace net
{
class counter
{
  public:
    void operator++(int) { _value.fetch_add(1, std::memory_order_relaxed); }
    void operator+=(u64 n) { _value.fetch_add(n, std::memory_order_relaxed); }
    u64 value() const { return _value.load(std::memory_order_relaxed); }

  private:
    std::atomic<u64> _value{0};
};

/// How many there are now.
class gauge : public counter
{
  public:
    void operator--(int) { *this += ~u64{0}; }
};

struct counters {
    struct {
        counter received, delivered, sent, forwarded, header_errors, address_errors, unknown_protocol,
            discarded_in, discarded_out, no_route, reassembly_needed, reassembled, reassembly_failed,
            reassembly_timeout, fragmented, fragments_made, fragmentation_failed;
    } ip4, ip6;
    struct {
        counter received, errors, checksum_errors, sent, echo_requests, echo_replies, echo_answers,
            unreachable_in, unreachable_out, time_exceeded_in, time_exceeded_out, parameter_problems_in,
            rate_limited;
    } icmp4, icmp6;
    struct {
        counter received, sent, no_port, errors, checksum_errors, receive_buffer_errors, send_buffer_errors;
    } udp;
    struct {
        counter active_opens, passive_opens, attempt_fails, established_resets, segments_in, segments_out,
            retransmitted, errors_in, resets_out, checksum_errors, listen_overflows, syn_cookies_sent,
            syn_cookies_received, syn_cookies_failed, challenge_acks, timeouts, fast_retransmits, tail_probes,
            undone_by_time, undone_by_report, undone_timeouts, sack_reneging, old_timestamps,
            duplicates_reported, duplicate_reports, out_of_order_queued, out_of_order_dropped, receive_pruned,
            receive_dropped, delayed_acks, time_wait_reused, backlog_drops, keep_alive_probes, abort_on_data,
            abort_on_timeout, abort_on_memory;
        gauge established;
    } tcp;
};
} // namespace net
