// A socket as an open file: what the calls of all families have in common.
//
// A family (inet, unix, netlink) derives from it and says what its sockets can do; none of its operations
// blocks but connect(), which has a wait of its own. Sending and receiving with waiting, MSG_WAITALL and the
// like are made here of try_send() and try_receive().
#pragma once

#include "fs/vfs/file.hh"
#include "linux/socket/message.hh"
#include "linux/socket/waiting.hh"

namespace linux
{
class socket_file : public vfs::file
{
  public:
    ~socket_file() override;
    /// The file as a socket, or null.
    static socket_file* from(vfs::file& file);
    /// The socket that was made after `last`, or the oldest for null; null at the end. For /proc.
    static ref_ptr<socket_file> next(const socket_file* last);

    u16 family() const { return _family; }
    u32 type() const { return _type; }
    s32 protocol() const { return _protocol; }

    // What a family does. Errors: as the manual pages say.

    virtual result<void> bind(const socket_address& local) = 0;
    virtual result<void> connect(const socket_address& peer, wait_rule& rule) = 0;
    virtual result<void> listen(u32 backlog);                   // eopnotsupp
    virtual result<ref_ptr<socket_file>> try_accept(u32 flags); // eopnotsupp
    /// Takes at least one byte of a stream, all of a datagram, or answers eagain.
    virtual result<size_t> try_send(outgoing_message& message) = 0;
    virtual result<size_t> try_receive(incoming_message& message) = 0;
    virtual result<void> shutdown(net::socket::direction which) = 0;
    virtual result<socket_address> local_address() = 0;
    virtual result<socket_address> peer_address() = 0;
    /// Options of all levels but time-outs. The bytes are the program's, in kernel memory; `value` is as long
    /// as it said.
    virtual result<void> set_option(int level, int name, std::span<const std::byte> value) = 0;
    /// Returns how many bytes there are, at most value.size().
    virtual result<size_t> get_option(int level, int name, std::span<std::byte> value) = 0;
    virtual bool listening() = 0;
    virtual u32 events() = 0;
    virtual wait_queue& queue() = 0;
    /// Of a stream: the least bytes for which a blocking receive returns (SO_RCVLOWAT).
    virtual size_t receive_low_water() { return 1; }

    // What the calls use.

    result<size_t> send(outgoing_message& message);
    result<size_t> receive(incoming_message& message);
    result<ref_ptr<socket_file>> accept(u32 flags);
    result<void> connect(const socket_address& peer);

    /// SO_RCVTIMEO and SO_SNDTIMEO; wait_rule::for_ever if there is none.
    std::atomic<s64> receive_limit{0};
    std::atomic<s64> send_limit{0};

    // vfs::file
    result<size_t> read(io_buffer& to) final;
    result<size_t> write(io_buffer& from) final;
    u32 poll(u32 interest, vfs::poll_registrar* registrar) final;
    bool can_wait() const final { return true; }
    result<u64> control(u32 request, virt_addr argument) override;
    result<size_t> describe(std::span<char> buffer) const final;

    // SIOCINQ and SIOCOUTQ.
    virtual result<u32> readable_bytes() = 0;
    virtual result<u32> unsent_bytes() = 0;

  protected:
    socket_file(ref_ptr<vfs::inode> inode, u32 flags, u16 family, u32 type, s32 protocol);

  private:
    wait_rule receive_rule(u32 message_flags) const;
    wait_rule send_rule(u32 message_flags) const;

    const u16 _family;
    const u32 _type;
    const s32 _protocol;
    // In the list of all sockets; its lock.
    socket_file* _next = nullptr;
    socket_file* _previous = nullptr;
    friend class socket_list;
};

/// An inode of its own for a new socket. Errors: enomem.
result<ref_ptr<vfs::inode>> make_socket_inode();
} // namespace linux
