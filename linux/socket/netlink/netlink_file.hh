// An AF_NETLINK socket: requests are answered at once, into its own receive queue (netlink(7), rtnetlink(7)).
//
// There is one protocol, NETLINK_ROUTE, and nobody but the kernel to talk to. Groups can be joined; nothing
// is ever told to them.
//
// Locking: `_reading` keeps readers apart and is held while application memory is touched; `_lock` guards the
// queue.
#pragma once

#include "core/base/intrusive.hh"
#include "core/sync/mutex.hh"
#include "linux/socket/netlink/answers.hh"
#include "linux/socket/plain_options.hh"
#include "linux/socket/socket_file.hh"

namespace linux
{
class netlink_file final : public socket_file, private netlink_sink
{
  public:
    /// Errors: esocktnosupport, eprotonosupport, enomem.
    static result<ref_ptr<socket_file>> create(u32 type, s32 protocol, u32 flags);
    netlink_file(ref_ptr<vfs::inode> inode, u32 type, s32 protocol, u32 flags);
    ~netlink_file() override;

    using socket_file::connect;
    result<void> bind(const socket_address& local) override;
    result<void> connect(const socket_address& peer, wait_rule& rule) override;
    result<size_t> try_send(outgoing_message& message) override;
    result<size_t> try_receive(incoming_message& message) override;
    result<void> shutdown(net::socket::direction) override { return fail(errc::eopnotsupp); }
    result<socket_address> local_address() override;
    result<socket_address> peer_address() override;
    result<void> set_option(int level, int name, std::span<const std::byte> value) override;
    result<size_t> get_option(int level, int name, std::span<std::byte> value) override;
    bool listening() override { return false; }
    u32 events() override;
    wait_queue& queue() override { return _queue; }

  private:
    struct datagram {
        slist_hook link;
        size_t length = 0;
        unique_ptr<std::byte[]> bytes;
        std::span<const std::byte> all() const { return {bytes.get(), length}; }
    };
    using datagrams =
        intrusive::slist<datagram, intrusive::member_hook<datagram, slist_hook, &datagram::link>,
                         intrusive::cache_last<true>, intrusive::constant_time_size<false>>;

    result<void> take(std::span<const std::byte> answer) override;
    result<u32> readable_bytes() override;
    result<u32> unsent_bytes() override { return u32{0}; }
    u32 choose_port();
    datagram* first();

    mutex _reading{lock_rank::socket};
    spinlock _lock{lock_rank::connection};
    datagrams _received GUARDED_BY(_lock);
    size_t _received_bytes GUARDED_BY(_lock) = 0;
    bool _overrun GUARDED_BY(_lock) = false; // an answer was lost: the next reader is told ENOBUFS
    std::atomic<u32> _port{0};               // 0: not chosen yet
    std::atomic<u32> _groups{0};
    plain_options _options;
    wait_queue _queue;
};
} // namespace linux
