// What the network counts, as /proc/net/{snmp,snmp6,netstat} show it: Linux's names in Linux's order (RFC
// 4293, 4022, 4113 and its own). A name that is there has a true value; what this stack does not do has no
// name.
#include "linux/proc/generators.hh"
#include "net/stack.hh"
#include "net/tcp/protocol.hh"

namespace proc
{
namespace
{
/// One line of names, one of values.
class counter_table
{
  public:
    counter_table(text& out, std::string_view protocol) : _out(out), _protocol(protocol) {}

    counter_table& add(std::string_view name, u64 value)
    {
        _names.add(" ").add(name);
        _values.format(" {}", value);
        return *this;
    }
    counter_table& add(std::string_view name, const net::counter& value) { return add(name, value.value()); }
    ~counter_table()
    {
        _out.add(_protocol).add(":").add(_names.view()).add("\n");
        _out.add(_protocol).add(":").add(_values.view()).add("\n");
    }

  private:
    text& _out;
    std::string_view _protocol;
    text _names;
    text _values;
};

/// A name and a value in each line.
class counter_list
{
  public:
    counter_list(text& out, std::string_view protocol) : _out(out), _protocol(protocol) {}

    counter_list& add(std::string_view name, const net::counter& value)
    {
        const size_t begin = _out.view().size();
        _out.add(_protocol).add(name);
        while (_out.view().size() < begin + 32)
            _out.add(" ");
        _out.format("\t{}\n", value.value());
        return *this;
    }

  private:
    text& _out;
    std::string_view _protocol;
};
} // namespace

result<void> protocol_counters(text& out, const numbers&)
{
    const auto& c = net::the_stack().counters();
    counter_table(out, "Ip")
        .add("Forwarding", 2)
        .add("DefaultTTL", 64)
        .add("InReceives", c.ip4.received)
        .add("InHdrErrors", c.ip4.header_errors)
        .add("InAddrErrors", c.ip4.address_errors)
        .add("ForwDatagrams", 0)
        .add("InUnknownProtos", c.ip4.unknown_protocol)
        .add("InDiscards", c.ip4.discarded_in)
        .add("InDelivers", c.ip4.delivered)
        .add("OutRequests", c.ip4.sent)
        .add("OutDiscards", c.ip4.discarded_out)
        .add("OutNoRoutes", c.ip4.no_route)
        .add("ReasmTimeout", c.ip4.reassembly_timeout)
        .add("ReasmReqds", c.ip4.reassembly_needed)
        .add("ReasmOKs", c.ip4.reassembled)
        .add("ReasmFails", c.ip4.reassembly_failed)
        .add("FragOKs", c.ip4.fragmented)
        .add("FragFails", c.ip4.fragmentation_failed)
        .add("FragCreates", c.ip4.fragments_made);
    counter_table(out, "Icmp")
        .add("InMsgs", c.icmp4.received)
        .add("InErrors", c.icmp4.errors)
        .add("InCsumErrors", c.icmp4.checksum_errors)
        .add("InDestUnreachs", c.icmp4.unreachable_in)
        .add("InTimeExcds", c.icmp4.time_exceeded_in)
        .add("InParmProbs", c.icmp4.parameter_problems_in)
        .add("InEchos", c.icmp4.echo_requests)
        .add("InEchoReps", c.icmp4.echo_replies)
        .add("OutMsgs", c.icmp4.sent)
        .add("OutErrors", 0)
        .add("OutRateLimitGlobal", c.icmp4.rate_limited)
        .add("OutDestUnreachs", c.icmp4.unreachable_out)
        .add("OutTimeExcds", c.icmp4.time_exceeded_out)
        .add("OutEchoReps", c.icmp4.echo_answers);
    counter_table(out, "Tcp")
        .add("RtoAlgorithm", 1)
        .add("RtoMin", 200)
        .add("RtoMax", 120000)
        .add("MaxConn", ~u64{0})
        .add("ActiveOpens", c.tcp.active_opens)
        .add("PassiveOpens", c.tcp.passive_opens)
        .add("AttemptFails", c.tcp.attempt_fails)
        .add("EstabResets", c.tcp.established_resets)
        .add("CurrEstab", c.tcp.established)
        .add("InSegs", c.tcp.segments_in)
        .add("OutSegs", c.tcp.segments_out)
        .add("RetransSegs", c.tcp.retransmitted)
        .add("InErrs", c.tcp.errors_in)
        .add("OutRsts", c.tcp.resets_out)
        .add("InCsumErrors", c.tcp.checksum_errors);
    counter_table(out, "Udp")
        .add("InDatagrams", c.udp.received)
        .add("NoPorts", c.udp.no_port)
        .add("InErrors", c.udp.errors)
        .add("OutDatagrams", c.udp.sent)
        .add("RcvbufErrors", c.udp.receive_buffer_errors)
        .add("SndbufErrors", c.udp.send_buffer_errors)
        .add("InCsumErrors", c.udp.checksum_errors);
    return {};
}

result<void> ipv6_protocol_counters(text& out, const numbers&)
{
    const auto& c = net::the_stack().counters();
    counter_list(out, "Ip6")
        .add("InReceives", c.ip6.received)
        .add("InHdrErrors", c.ip6.header_errors)
        .add("InAddrErrors", c.ip6.address_errors)
        .add("InUnknownProtos", c.ip6.unknown_protocol)
        .add("InDiscards", c.ip6.discarded_in)
        .add("InDelivers", c.ip6.delivered)
        .add("OutRequests", c.ip6.sent)
        .add("OutDiscards", c.ip6.discarded_out)
        .add("OutNoRoutes", c.ip6.no_route)
        .add("ReasmTimeout", c.ip6.reassembly_timeout)
        .add("ReasmReqds", c.ip6.reassembly_needed)
        .add("ReasmOKs", c.ip6.reassembled)
        .add("ReasmFails", c.ip6.reassembly_failed)
        .add("FragOKs", c.ip6.fragmented)
        .add("FragFails", c.ip6.fragmentation_failed)
        .add("FragCreates", c.ip6.fragments_made);
    counter_list(out, "Icmp6")
        .add("InMsgs", c.icmp6.received)
        .add("InErrors", c.icmp6.errors)
        .add("OutMsgs", c.icmp6.sent)
        .add("InCsumErrors", c.icmp6.checksum_errors)
        .add("OutRateLimitHost", c.icmp6.rate_limited)
        .add("InDestUnreachs", c.icmp6.unreachable_in)
        .add("InTimeExcds", c.icmp6.time_exceeded_in)
        .add("InParmProblems", c.icmp6.parameter_problems_in)
        .add("InEchos", c.icmp6.echo_requests)
        .add("InEchoReplies", c.icmp6.echo_replies)
        .add("OutDestUnreachs", c.icmp6.unreachable_out)
        .add("OutTimeExcds", c.icmp6.time_exceeded_out)
        .add("OutEchoReplies", c.icmp6.echo_answers);
    return {};
}

result<void> more_tcp_counters(text& out, const numbers&)
{
    net::stack& stack = net::the_stack();
    const auto& c = stack.counters().tcp;
    const u64 dropped_syns = c.listen_overflows.value() + c.backlog_drops.value();
    counter_table(out, "TcpExt")
        .add("SyncookiesSent", c.syn_cookies_sent)
        .add("SyncookiesRecv", c.syn_cookies_received)
        .add("SyncookiesFailed", c.syn_cookies_failed)
        .add("PruneCalled", c.receive_pruned)
        .add("OfoPruned", c.receive_pruned)
        .add("PAWSEstab", c.old_timestamps)
        .add("DelayedACKs", c.delayed_acks)
        .add("ListenOverflows", c.listen_overflows)
        .add("ListenDrops", dropped_syns)
        .add("TCPSACKReneging", c.sack_reneging)
        .add("TCPFullUndo", c.undone_by_time)
        .add("TCPDSACKUndo", c.undone_by_report)
        .add("TCPLossUndo", c.undone_timeouts)
        .add("TCPTimeouts", c.timeouts)
        .add("TCPLossProbes", c.tail_probes)
        .add("TCPDSACKOldSent", c.duplicates_reported)
        .add("TCPDSACKRecv", c.duplicate_reports)
        .add("TCPAbortOnData", c.abort_on_data)
        .add("TCPAbortOnMemory", c.abort_on_memory)
        .add("TCPAbortOnTimeout", c.abort_on_timeout)
        .add("TCPMemoryPressures", stack.tcp().memory().pressures())
        .add("TCPSackRecovery", c.fast_retransmits)
        .add("TCPReqQFullDoCookies", c.syn_cookies_sent)
        .add("TCPRcvQDrop", c.receive_dropped)
        .add("TCPOFOQueue", c.out_of_order_queued)
        .add("TCPOFODrop", c.out_of_order_dropped)
        .add("TCPChallengeACK", c.challenge_acks)
        .add("TCPKeepAlive", c.keep_alive_probes);
    return {};
}
} // namespace proc
