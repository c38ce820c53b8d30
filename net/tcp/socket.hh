// A stream socket over TCP: what a program holds of a connection, or of a listener.
//
// Application memory is only touched here, and never under a spinlock: send() fills buffers and then hands
// them to the connection; receive() takes packets over from it and then copies out of them. A mutex for each
// direction keeps two threads apart that do the same.
#pragma once

#include "core/base/static_vector.hh"
#include "core/sync/mutex.hh"
#include "net/socket/socket.hh"
#include "net/tcp/connection.hh"
#include "net/tcp/listener.hh"

namespace net::tcp
{
class socket final : public net::socket
{
  public:
    /// Errors: enomem.
    static result<ref_ptr<net::socket>> create(tcp::protocol& p, net::family f);
    /// For create() and accept().
    socket(net::family f, ref_ptr<connection> c);
    ~socket() override;

    result<void> bind(const endpoint& local) override;
    result<void> connect(const endpoint& peer) override;
    result<void> disconnect() override;
    result<void> listen(unsigned backlog) override;
    result<ref_ptr<net::socket>> accept() override;

    result<size_t> send(io_buffer& from, const message_info* info, send_options options) override;
    result<size_t> receive(io_buffer& to, message_info* info, receive_options options) override;
    result<void> shutdown(direction d) override;
    void close() override;

    endpoint local() const override;
    result<endpoint> peer() const override;
    u32 events() override;

    result<void> set_option(option o, s64 value) override;
    result<s64> get_option(option o) override;
    result<void> set_linger(linger l) override;
    linger get_linger() const override;
    errc take_error() override;
    bool listening() const override;
    result<u32> readable_bytes() override;
    result<u32> unsent_bytes() override;
    result<size_t> describe_tcp(std::span<std::byte> to) const override;
    result<void> set_congestion_control(std::string_view name) override;
    std::string_view congestion_control() const override;

  private:
    /// Buffers for one turn of send(): a packet's worth.
    struct batch {
        static constexpr u32 most_bytes = 65536;
        static_vector<packet_slice, packet::max_slices> pieces;
        u32 bytes = 0;
    };
    result<void> fill(batch& b, io_buffer& from, u32 room, packet_slice tail, bool queue_is_busy);
    result<u32> send_batch(io_buffer& from, const send_options& options) REQUIRES(_writing);
    result<u32> send_pieces(batch& b, bool more) REQUIRES(_writing);
    result<u32> pass_on(io_buffer& from, u32 room) REQUIRES(_writing);
    result<u32> send_instead(batch& b, packet_ptr single, bool more) REQUIRES(_writing);
    bool find_other_end() REQUIRES(_writing);
    void flush();
    bool take_over(size_t wanted, errc* why) REQUIRES(_reading);
    size_t copy_out(io_buffer& to, bool discard, errc& why) REQUIRES(_reading);
    size_t peek(io_buffer& to, bool discard, errc& why) REQUIRES(_reading);
    errc why_nothing() REQUIRES(_connection->lock);
    result<void> set_ip_option(option o, s64 value) REQUIRES(_connection->lock);
    result<void> set_tcp_option(option o, s64 value) REQUIRES(_connection->lock);
    result<net::interface*> interface_of(u32 scope) const;
    void linger_on_close() REQUIRES(_connection->lock);

    bool _connecting GUARDED_BY(_connection->lock) = false; // connect() has not said yet how it went
    bool _closed GUARDED_BY(_connection->lock) = false;
    std::atomic<bool> _has_unread{false}; // of _unread, for who does not wait for the mutex
    const ref_ptr<connection> _connection;
    ref_ptr<listener> _listener GUARDED_BY(_connection->lock);
    mutex _reading{lock_rank::socket};
    mutex _writing{lock_rank::socket};
    /// Of this stack, if we have sent to it (pass.cc). It may have ended, and the next has to be found.
    ref_ptr<connection> _other_end GUARDED_BY(_writing);
    packet_queue _unread GUARDED_BY(_reading); // taken over from the connection
};
} // namespace net::tcp
