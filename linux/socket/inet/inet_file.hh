// An AF_INET or AF_INET6 socket as an open file: Linux's clothes on a net::socket.
#pragma once

#include "linux/socket/socket_file.hh"

namespace linux
{
class inet_file final : public socket_file
{
  public:
    /// `family` is af_inet or af_inet6. Errors: eprotonosupport, esocktnosupport, einval, enomem.
    static result<ref_ptr<socket_file>> create(u16 family, u32 type, s32 protocol, u32 flags);
    inet_file(ref_ptr<vfs::inode> inode, ref_ptr<net::socket> socket, u32 flags);
    ~inet_file() override { _socket->close(); }

    net::socket& socket() { return *_socket; }

    using socket_file::connect;
    result<void> bind(const socket_address& local) override;
    result<void> connect(const socket_address& peer, wait_rule& rule) override;
    result<void> listen(u32 backlog) override { return _socket->listen(backlog); }
    result<ref_ptr<socket_file>> try_accept(u32 flags) override;
    result<size_t> try_send(outgoing_message& message) override;
    result<size_t> try_receive(incoming_message& message) override;
    result<void> shutdown(net::socket::direction which) override { return _socket->shutdown(which); }
    result<socket_address> local_address() override;
    result<socket_address> peer_address() override;
    result<void> set_option(int level, int name, std::span<const std::byte> value) override;
    result<size_t> get_option(int level, int name, std::span<std::byte> value) override;
    bool listening() override { return _socket->listening(); }
    u32 events() override { return _socket->events(); }
    wait_queue& queue() override { return _socket->queue(); }
    size_t receive_low_water() override;
    result<u64> control(u32 request, virt_addr argument) override;

    result<u32> readable_bytes() override { return _socket->readable_bytes(); }
    result<u32> unsent_bytes() override { return _socket->unsent_bytes(); }

  private:
    result<size_t> send_with_info(outgoing_message& message, net::send_options options);
    result<size_t> receive_with_info(incoming_message& message, net::receive_options options);
    result<size_t> receive_error(incoming_message& message);
    bool is_ipv6() const { return _socket->family() == net::family::ipv6; }

    const ref_ptr<net::socket> _socket;
};
} // namespace linux
