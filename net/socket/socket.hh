// A socket as the Linux interface uses it: everything that does not block.
//
// What cannot be done now answers eagain (connect: einprogress); who wants to wait hangs a waiter into
// queue() and looks at events(). Blocking, time-outs and signals are made of these two, once, in
// linux/socket. All functions are for thread context and may be called by several threads at once.
#pragma once

#include <optional>
#include <span>

#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "core/mm/io_buffer.hh"
#include "core/sync/wait_queue.hh"
#include "net/address.hh"

namespace net
{
class interface;

/// What is true of a socket now, as poll(2) says it, with its values (asm-generic/poll.h).
namespace event
{
inline constexpr u32 in = 0x001, priority = 0x002, out = 0x004, error = 0x008, hang_up = 0x010,
                     read_hang_up = 0x2000;
inline constexpr u32 readable = in | read_hang_up | 0x040, writable = out | 0x100; // with RDNORM and WRNORM
} // namespace event

enum class socket_type : u8 { stream = 1, datagram = 2, raw = 3, sequenced = 5 };

/// Options of all levels that hold a number; names as in socket(7), tcp(7), ip(7), ipv6(7). Times are in the
/// unit of the manual page.
enum class option : u8 {
    // SOL_SOCKET
    reuse_address,
    reuse_port,
    keep_alive,
    broadcast,
    dont_route,
    oob_inline,
    priority,
    mark,
    timestamp,
    timestamp_ns,
    receive_buffer,
    send_buffer,
    receive_low_water,
    busy_poll,
    incoming_cpu,
    bind_to_interface,
    zero_copy,
    max_pacing_rate,
    // IPPROTO_IP
    ip_tos,
    ip_ttl,
    ip_packet_info,
    ip_receive_tos,
    ip_receive_ttl,
    ip_receive_error,
    ip_mtu_discover,
    ip_mtu,
    ip_free_bind,
    ip_transparent,
    ip_multicast_ttl,
    ip_multicast_loop,
    ip_multicast_all,
    ip_multicast_interface,
    ip_bind_address_no_port,
    // IPPROTO_IPV6
    ipv6_only,
    ipv6_unicast_hops,
    ipv6_multicast_hops,
    ipv6_multicast_loop,
    ipv6_multicast_interface,
    ipv6_receive_packet_info,
    ipv6_receive_traffic_class,
    ipv6_receive_hop_limit,
    ipv6_receive_error,
    ipv6_traffic_class,
    ipv6_mtu_discover,
    ipv6_mtu,
    ipv6_dont_fragment,
    // IPPROTO_TCP
    tcp_no_delay,
    tcp_cork,
    tcp_max_segment,
    tcp_keep_idle,
    tcp_keep_interval,
    tcp_keep_count,
    tcp_user_timeout,
    tcp_defer_accept,
    tcp_quick_ack,
    tcp_syn_count,
    tcp_linger2,
    tcp_window_clamp,
    tcp_fast_open,
    tcp_not_sent_low_water,
    tcp_queued_bytes,
    // IPPROTO_UDP
    udp_segment,
    udp_gro,
};

/// SO_LINGER.
struct linger {
    bool on = false;
    u32 seconds = 0;
};

/// What goes along with a message: control data in one place, whatever the family.
struct message_info {
    std::optional<endpoint> address;        // send: destination; receive: source
    std::optional<ip_address> local;        // IP_PKTINFO: send: source to use; receive: destination
    u32 interface_index = 0;                // of IP_PKTINFO
    std::optional<u8> traffic_class;        // IP_TOS, IPV6_TCLASS
    std::optional<u8> hop_limit;            // IP_TTL, IPV6_HOPLIMIT
    std::optional<nanoseconds> received_at; // SO_TIMESTAMP: wall clock
    u32 segment_size = 0;                   // UDP_SEGMENT, UDP_GRO
    bool truncated = false;                 // receive: the datagram was longer (MSG_TRUNC in msg_flags)
};

struct send_options {
    bool more = false;        // MSG_MORE: more follows soon
    bool out_of_band = false; // MSG_OOB
};

struct receive_options {
    bool peek = false;
    bool out_of_band = false;
    bool error_queue = false;     // MSG_ERRQUEUE
    bool truncate_length = false; // MSG_TRUNC: the real length of a datagram; for TCP: discard
};

/// One entry of the error queue (MSG_ERRQUEUE; ip(7), struct sock_extended_err).
struct queued_error {
    errc error{};
    u8 origin = 0; // SO_EE_ORIGIN_*
    u8 type = 0;
    u8 code = 0;
    u32 info = 0; // the MTU
    endpoint offender;
    endpoint destination;
};

class socket : public ref_counted<socket>
{
  public:
    virtual ~socket() = default;

    net::family family() const { return _family; }
    socket_type type() const { return _type; }
    net::protocol_number protocol() const { return _protocol; }

    // Errors as bind(2), connect(2), listen(2), accept(2) and so on say; the addresses' family has been
    // checked.

    virtual result<void> bind(const endpoint& local) = 0;
    /// Begins to connect. einprogress: it goes on; event::out or error will tell. An address without family
    /// (AF_UNSPEC) comes as disconnect().
    virtual result<void> connect(const endpoint& peer) = 0;
    virtual result<void> disconnect() = 0;
    virtual result<void> listen(unsigned backlog) = 0;
    virtual result<ref_ptr<socket>> accept() = 0;

    /// Takes what there is room for, at least 1 byte of a stream, all of a datagram.
    /// `info` may be null: nothing goes along.
    virtual result<size_t> send(io_buffer& from, const message_info* info, send_options options) = 0;
    /// `info` may be null: nobody asks.
    virtual result<size_t> receive(io_buffer& to, message_info* info, receive_options options) = 0;
    virtual std::optional<queued_error> take_queued_error() { return {}; }

    enum class direction : u8 { read = 0, write = 1, both = 2 };
    virtual result<void> shutdown(direction d) = 0;

    /// The last descriptor was closed. Returns when a lingering close (SO_LINGER) has to wait no longer, so
    /// it may block, unless the wait is interrupted; afterwards the object only lives until its references
    /// are gone.
    virtual void close() = 0;

    virtual endpoint local() const = 0;
    /// Errors: enotconn.
    virtual result<endpoint> peer() const = 0;

    /// The event bits that hold now.
    virtual u32 events() = 0;
    /// Where changes of events() are told, with the bits as key.
    wait_queue& queue() { return _queue; }

    /// Errors: enoprotoopt (not of this kind of socket), einval, eopnotsupp, ...
    virtual result<void> set_option(option o, s64 value) = 0;
    virtual result<s64> get_option(option o) = 0;
    virtual result<void> set_linger(linger l);
    virtual linger get_linger() const { return {}; }
    /// SO_ERROR: the pending error, which this clears.
    virtual errc take_error() = 0;
    virtual bool listening() const { return false; }
    /// SIOCINQ, SIOCOUTQ, SIOCATMARK.
    virtual result<u32> readable_bytes() = 0;
    virtual result<u32> unsent_bytes() = 0;
    virtual result<void> join_group(const ip_address& group, const ip_address& local, u32 interface_index);
    virtual result<void> leave_group(const ip_address& group, const ip_address& local, u32 interface_index);
    /// TCP_INFO as Linux lays it out; returns the bytes written. Errors: enoprotoopt.
    virtual result<size_t> describe_tcp(std::span<std::byte> to) const;
    /// TCP_CONGESTION.
    virtual result<void> set_congestion_control(std::string_view name);
    virtual std::string_view congestion_control() const { return {}; }

  protected:
    socket(net::family f, socket_type t, net::protocol_number p) : _family(f), _type(t), _protocol(p) {}

    wait_queue _queue;

  private:
    const net::family _family;
    const socket_type _type;
    const net::protocol_number _protocol;
};
} // namespace net
