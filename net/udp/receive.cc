// Datagrams and errors that reach a UDP socket, and reading them.
#include <algorithm>

#include "net/interface/interface.hh"
#include "net/stack.hh"
#include "net/udp/socket.hh"

namespace net
{
namespace
{
/// What is remembered of a datagram in the queue; in the packet's control block.
struct datagram {
    ip_address source;
    ip_address destination;
    u32 interface_index;
    u16 source_port;
    u8 traffic_class;
    u8 hop_limit;
};

constexpr u32 readable_key = event::in | 0x040;

/// Copies from `from` until either is at its end; false: the application's memory faulted.
bool copy_out(const packet& from, io_buffer& to, size_t& copied)
{
    const auto piece = [&](std::span<const std::byte> bytes) {
        const size_t wanted = std::min(bytes.size(), to.remaining());
        const size_t moved = to.copy_out(bytes.first(wanted));
        copied += moved;
        return moved == wanted;
    };
    if (!piece(from.head()))
        return false;
    for (const packet_slice& s : from.slices())
        if (!piece({s.data, s.length}))
            return false;
    return true;
}
} // namespace

bool udp_socket::recv_errors() const
{
    return _options.on(option::ip_receive_error) || _options.on(option::ipv6_receive_error);
}

void udp_socket::take_datagram(packet_ptr p, const ip_info& info, u16 source_port)
{
    auto& counters = stack().counters().udp;
    p->control<datagram>() = {info.source, info.destination,   info.in->index(),
                              source_port, info.traffic_class, info.hop_limit};
    if (_options.on(option::timestamp) || _options.on(option::timestamp_ns))
        p->received_at = timekeeping::now();
    WITH_LOCK(_lock)
    {
        if (_closed || _read_shut ||
            _received.footprint() + p->footprint() > static_cast<u64>(_options[option::receive_buffer])) {
            counters.errors++;
            counters.receive_buffer_errors++;
            return;
        }
        _received_bytes += p->length();
        _received.push(std::move(p));
    }
    counters.received++;
    _queue.wake_one(readable_key);
}

void udp_socket::take_error(const icmp_error& e, const endpoint& destination,
                            std::span<const std::byte> quoted)
{
    using kind = icmp_error::kind;
    const bool hard =
        e.what != kind::unreachable_net && e.what != kind::unreachable_host && e.what != kind::time_exceeded;
    if (e.what == kind::too_big && _options[option::ip_mtu_discover] == datagram_options::discover_never)
        return;
    const bool queued = recv_errors();
    if (!queued && (!hard || !_binding.connected))
        return;
    auto entry = queued ? error_queue::make(e, destination, quoted) : unique_ptr<error_queue::entry>();
    WITH_LOCK(_lock)
    {
        if (_closed)
            return;
        if (entry)
            _errors.push(std::move(entry));
        if (hard || queued)
            _error = e.error;
    }
    _queue.wake_all(event::error | readable_key);
}

void udp_socket::fill_info(message_info& info, packet& p) const
{
    const datagram& d = p.control<datagram>();
    info.address = endpoint{d.source, d.source_port, d.source.is_link_local() ? d.interface_index : 0};
    if (_options.on(option::ip_packet_info) || _options.on(option::ipv6_receive_packet_info)) {
        info.local = d.destination;
        info.interface_index = d.interface_index;
    }
    if (_options.on(option::ip_receive_tos) || _options.on(option::ipv6_receive_traffic_class))
        info.traffic_class = d.traffic_class;
    if (_options.on(option::ip_receive_ttl) || _options.on(option::ipv6_receive_hop_limit))
        info.hop_limit = d.hop_limit;
    if (_options.on(option::timestamp) || _options.on(option::timestamp_ns)) {
        const instant at = p.received_at == instant{} ? timekeeping::now() : p.received_at;
        info.received_at = timekeeping::wall_clock() - (timekeeping::now() - at);
    }
}

result<size_t> udp_socket::receive(io_buffer& to, message_info* info, receive_options options)
{
    if (options.error_queue)
        return receive_quoted(to, info);
    packet_ptr p;
    WITH_LOCK(_lock)
    {
        if (const errc pending = std::exchange(_error, errc{}); pending != errc{})
            return fail(pending);
        if (_received.empty())
            return _read_shut ? result<size_t>(size_t{0}) : fail(errc::eagain);
        if (options.peek) {
            packet& first = *_received.front();
            p = TRY(packet::create(0, static_cast<u32>(first.head().size())));
            TRY(p->append_part(first, 0, first.length()));
            p->control<datagram>() = first.control<datagram>();
            p->received_at = first.received_at;
        } else {
            p = _received.pop();
            _received_bytes -= p->length();
        }
    }
    size_t copied = 0;
    if (!copy_out(*p, to, copied))
        return fail(errc::efault);
    if (info) {
        fill_info(*info, *p);
        info->truncated = copied < p->length();
    }
    return options.truncate_length ? p->length() : copied;
}

/// MSG_ERRQUEUE: what was quoted of our datagram; take_queued_error() then tells the error itself.
result<size_t> udp_socket::receive_quoted(io_buffer& to, message_info* info)
{
    std::array<std::byte, error_queue::quoted_limit> quoted;
    size_t length = 0;
    WITH_LOCK(_lock)
    {
        const error_queue::entry* e = _errors.front();
        if (!e)
            return fail(errc::eagain);
        length = e->quoted_length;
        quoted = e->quoted;
        if (info)
            info->address = e->error.destination;
    }
    const size_t wanted = std::min(length, to.remaining());
    if (to.copy_out(std::span(quoted).first(wanted)) < wanted)
        return fail(errc::efault);
    if (info)
        info->truncated = wanted < length;
    return wanted;
}

std::optional<queued_error> udp_socket::take_queued_error()
{
    lock_guard guard{_lock};
    const auto e = _errors.take();
    if (!e)
        return {};
    const auto* next = _errors.front();
    _error = next ? next->error.error : errc{};
    return e->error;
}

result<u32> udp_socket::readable_bytes()
{
    lock_guard guard{_lock};
    return _received.empty() ? 0u : _received.front()->length();
}
} // namespace net
