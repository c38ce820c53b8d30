#include "linux/socket/socket_file.hh"

#include <algorithm>

#include "core/log.hh"
#include "fs/vfs/anonymous_inode.hh"
#include "linux/abi/ioctl.hh"
#include "linux/socket/interface_requests.hh"

namespace linux
{
namespace
{
constinit spinlock list_lock{lock_rank::socket_table};
} // namespace

/// All sockets, oldest first. By hand, because globals are constant-initialised.
class socket_list
{
  public:
    void add(socket_file& s)
    {
        lock_guard guard{list_lock};
        s._previous = _last;
        (_last ? _last->_next : _first) = &s;
        _last = &s;
    }
    void remove(socket_file& s)
    {
        lock_guard guard{list_lock};
        (s._previous ? s._previous->_next : _first) = s._next;
        (s._next ? s._next->_previous : _last) = s._previous;
    }
    ref_ptr<socket_file> next(const socket_file* last)
    {
        lock_guard guard{list_lock};
        socket_file* s = last ? last->_next : _first;
        while (s && !s->try_add_ref()) // it is just ending
            s = s->_next;
        return ref_ptr<socket_file>::adopt(s);
    }

  private:
    socket_file* _first = nullptr;
    socket_file* _last = nullptr;
};

namespace
{
constinit socket_list all_sockets;
}

result<ref_ptr<vfs::inode>> make_socket_inode()
{
    return vfs::anonymous_inode::create(vfs::file_type::socket, 0777);
}

socket_file::socket_file(ref_ptr<vfs::inode> inode, u32 flags, u16 family, u32 type, s32 protocol)
    : file(std::move(inode), vfs::open_flag::read_write | (flags & vfs::open_flag::nonblock)),
      _family(family), _type(type), _protocol(protocol)
{
    all_sockets.add(*this);
}

socket_file::~socket_file()
{
    all_sockets.remove(*this);
}

ref_ptr<socket_file> socket_file::next(const socket_file* last)
{
    return all_sockets.next(last);
}

socket_file* socket_file::from(vfs::file& file)
{
    // Inodes of sockets in the tree cannot be opened but with O_PATH, which has no other use.
    if (file.inode().type() != vfs::file_type::socket || file.where())
        return nullptr;
    return static_cast<socket_file*>(&file);
}

result<void> socket_file::listen(u32)
{
    return fail(errc::eopnotsupp);
}
result<ref_ptr<socket_file>> socket_file::try_accept(u32)
{
    return fail(errc::eopnotsupp);
}

wait_rule socket_file::receive_rule(u32 message_flags) const
{
    return {!nonblocking() && !(message_flags & msg_dontwait),
            nanoseconds(receive_limit.load(std::memory_order_relaxed))};
}
wait_rule socket_file::send_rule(u32 message_flags) const
{
    return {!nonblocking() && !(message_flags & msg_dontwait),
            nanoseconds(send_limit.load(std::memory_order_relaxed))};
}

/// A stream that may wait takes everything; what was sent before an error or a signal counts.
result<size_t> socket_file::send(outgoing_message& message)
{
    wait_rule rule = send_rule(message.flags);
    const auto operation = [&] { return try_send(message); };
    auto sent = wait_until_done(queue(), net::event::writable, rule, operation);
    if (_type != sock_stream || !sent || message.data.empty() || !rule.may_wait())
        return sent;
    size_t done = *sent;
    while (!message.data.empty()) {
        const auto more = wait_until_done(queue(), net::event::writable, rule, operation);
        if (!more)
            break;
        done += *more;
    }
    return done;
}

result<size_t> socket_file::receive(incoming_message& message)
{
    wait_rule rule = receive_rule(message.flags);
    const auto operation = [&] { return try_receive(message); };
    const size_t room = message.data.remaining();
    auto received = wait_until_done(queue(), net::event::readable, rule, operation);
    if (_type != sock_stream || !received || !rule.may_wait())
        return received;
    size_t done = *received;
    if (done == room || done == 0 || message.flags & (msg_peek | msg_oob | msg_errqueue))
        return done;
    const size_t wanted = message.flags & msg_waitall ? room : std::min(receive_low_water(), room);
    while (done < wanted && !message.ends_here) {
        const auto more = wait_until_done(queue(), net::event::readable, rule, operation);
        if (!more || *more == 0)
            break;
        done += *more;
    }
    return done;
}

result<ref_ptr<socket_file>> socket_file::accept(u32 flags)
{
    wait_rule rule = receive_rule(0);
    return wait_until_done(queue(), net::event::in, rule, [&] { return try_accept(flags); });
}

result<void> socket_file::connect(const socket_address& peer)
{
    wait_rule rule = send_rule(0);
    return connect(peer, rule);
}

result<size_t> socket_file::read(io_buffer& to)
{
    if (to.empty())
        return size_t{0};
    incoming_message message{.data = to};
    return receive(message);
}

result<size_t> socket_file::write(io_buffer& from)
{
    outgoing_message message{.data = from, .control = {}};
    return send(message);
}

u32 socket_file::poll(u32 interest, vfs::poll_registrar* registrar)
{
    if (registrar) {
        registrar->listen(queue());
        std::atomic_thread_fence(std::memory_order_seq_cst); // entered before the state is read
    }
    return events() & (interest | net::event::error | net::event::hang_up);
}

result<u64> socket_file::control(u32 request, virt_addr argument)
{
    const mm::user_ptr<int> number(argument);
    switch (request) {
    case fionread:
        TRY(number.write(static_cast<int>(TRY(readable_bytes()))));
        return u64{0};
    case tiocoutq:
        TRY(number.write(static_cast<int>(TRY(unsent_bytes()))));
        return u64{0};
    default:
        return interface_request(request, argument);
    }
}

result<size_t> socket_file::describe(std::span<char> buffer) const
{
    char text[32];
    const size_t length = klog::format(text, sizeof text, "socket:[{}]", inode().number());
    if (length > buffer.size())
        return fail(errc::enametoolong);
    std::copy_n(text, length, buffer.data());
    return length;
}
} // namespace linux
