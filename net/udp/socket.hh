// A UDP socket.
//
// `_lock` guards the queues and the kept path. The binding is guarded by the tables' locks (net/udp/ports.hh)
// and only changed under `_binding_changes`, a mutex that the calls which change it hold, so they may read it
// without another lock. Sending takes no lock but for the path; receiving one for the queue.
#pragma once

#include "core/device/dynamic_array.hh"
#include "core/device/packet_charge.hh"
#include "core/sync/mutex.hh"
#include "net/socket/error_queue.hh"
#include "net/udp/options.hh"
#include "net/udp/udp.hh"

namespace net
{
class udp_socket final : public socket
{
  public:
    udp_socket(udp& owner, net::family f);
    ~udp_socket() override;

    result<void> bind(const endpoint& local) override;
    result<void> connect(const endpoint& peer) override;
    result<void> disconnect() override;
    result<void> listen(unsigned) override { return fail(errc::eopnotsupp); }
    result<ref_ptr<socket>> accept() override { return fail(errc::eopnotsupp); }
    result<size_t> send(io_buffer& from, const message_info* told, send_options options) override;
    result<size_t> receive(io_buffer& to, message_info* info, receive_options options) override;
    std::optional<queued_error> take_queued_error() override;
    result<void> shutdown(direction d) override;
    void close() override;
    endpoint local() const override;
    result<endpoint> peer() const override;
    u32 events() override;
    result<void> set_option(option o, s64 value) override;
    result<s64> get_option(option o) override;
    errc take_error() override;
    result<u32> readable_bytes() override;
    result<u32> unsent_bytes() override;
    result<void> join_group(const ip_address& group, const ip_address& local, u32 interface_index) override;
    result<void> leave_group(const ip_address& group, const ip_address& local, u32 interface_index) override;

    /// A datagram's payload for this socket; deferred work.
    void take_datagram(packet_ptr p, const ip_info& info, u16 source_port);
    void take_error(const icmp_error& e, const endpoint& destination, std::span<const std::byte> quoted);
    /// Whether it should hear what was sent to a group or to all.
    bool wants_group(const ip_info& info);

    const udp_binding& binding() const { return _binding; }

  private:
    friend class udp_ports;
    struct membership {
        ip_address group;
        interface* on = nullptr;
    };
    /// Where one datagram goes.
    struct target {
        ref_ptr<path> way;
        u16 port = 0;
    };

    result<void> bind_if_needed(const ip_address& towards);
    bool knows_way_to_peer() const REQUIRES(_lock);
    result<target> choose_target(const message_info& info);
    result<ref_ptr<path>> find_way(const endpoint& to, const message_info& info);
    result<ref_ptr<packet_charge>> charge();
    bool sends_within(u32 part) REQUIRES(_lock);
    result<void> send_one(io_buffer& from, size_t length, const target& to, const ip_options& ip);
    ip_options ip_options_for(const path& way, const message_info& info) const;
    interface* interface_of(const ip_address& group, const ip_address& local, u32 index) const;
    result<size_t> receive_quoted(io_buffer& to, message_info* info);
    void fill_info(message_info& info, packet& p) const;
    bool may_bind_to(const endpoint& local) const;
    bool recv_errors() const;
    net::stack& stack() const { return _udp.stack(); }

    udp& _udp;
    datagram_options _options;
    mutable mutex _binding_changes{lock_rank::binding};
    udp_binding _binding;
    bool _address_given = false, _port_given = false; // by bind(): disconnect() leaves them
    udp_socket* _next_by_port = nullptr;
    udp_socket* _next_by_peer = nullptr;

    mutable spinlock _lock{lock_rank::connection};
    packet_queue _received GUARDED_BY(_lock);
    u64 _received_bytes GUARDED_BY(_lock) = 0;
    error_queue _errors GUARDED_BY(_lock);
    errc _error GUARDED_BY(_lock){};
    ref_ptr<packet_charge> _charge GUARDED_BY(_lock); // once it has sent by a card
    ref_ptr<path> _path GUARDED_BY(_lock);            // to the peer, or to whom was last written
    dynamic_array<membership> _groups GUARDED_BY(_lock);
    bool _read_shut GUARDED_BY(_lock) = false;
    bool _write_shut GUARDED_BY(_lock) = false;
    bool _closed GUARDED_BY(_lock) = false;
};
} // namespace net
