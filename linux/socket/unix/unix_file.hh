// An AF_UNIX socket as an open file.
#pragma once

#include "linux/socket/plain_options.hh"
#include "linux/socket/socket_file.hh"
#include "linux/socket/unix/endpoint.hh"

namespace linux
{
class unix_file final : public socket_file
{
  public:
    /// Errors: esocktnosupport, eprotonosupport, enomem.
    static result<ref_ptr<unix_file>> create(u32 type, s32 protocol, u32 flags);
    static result<ref_ptr<unix_file>> create(ref_ptr<unix_endpoint> endpoint, u32 flags);
    unix_file(ref_ptr<vfs::inode> inode, ref_ptr<unix_endpoint> endpoint, u32 flags);
    ~unix_file() override;

    unix_endpoint& endpoint() { return *_endpoint; }

    using socket_file::connect;
    result<void> bind(const socket_address& local) override;
    result<void> connect(const socket_address& peer, wait_rule& rule) override;
    result<void> listen(u32 backlog) override { return _endpoint->listen(backlog); }
    result<ref_ptr<socket_file>> try_accept(u32 flags) override;
    result<size_t> try_send(outgoing_message& message) override { return _endpoint->send(message); }
    result<size_t> try_receive(incoming_message& message) override
    {
        return _endpoint->receive(message, _options.is_on(so_passcred));
    }
    result<void> shutdown(net::socket::direction which) override { return _endpoint->shutdown(which); }
    result<socket_address> local_address() override;
    result<socket_address> peer_address() override;
    result<void> set_option(int level, int name, std::span<const std::byte> value) override;
    result<size_t> get_option(int level, int name, std::span<std::byte> value) override;
    bool listening() override { return _endpoint->listening(); }
    u32 events() override { return _endpoint->events(); }
    wait_queue& queue() override { return _endpoint->queue(); }

    flight_state flight;

    result<u32> readable_bytes() override;
    result<u32> unsent_bytes() override;

  private:
    const ref_ptr<unix_endpoint> _endpoint;
    plain_options _options;
};
} // namespace linux
