#include "linux/socket/unix/unix_file.hh"

#include "linux/task/task.hh"

namespace linux
{
namespace
{
socket_address shown(const ref_ptr<unix_name>& name)
{
    return name ? name->address() : socket_address::of(u16{af_unix});
}
} // namespace

result<ref_ptr<unix_file>> unix_file::create(u32 type, s32 protocol, u32 flags)
{
    if (protocol != 0 && protocol != af_unix)
        return fail(errc::eprotonosupport);
    if (type == sock_raw)
        type = sock_dgram; // as Linux, for old programs
    if (type != sock_stream && type != sock_dgram && type != sock_seqpacket)
        return fail(errc::esocktnosupport);
    return create(TRY(unix_endpoint::create(type)), flags);
}

result<ref_ptr<unix_file>> unix_file::create(ref_ptr<unix_endpoint> endpoint, u32 flags)
{
    auto inode = TRY(make_socket_inode());
    return make_ref<unix_file>(std::move(inode), std::move(endpoint), flags);
}

unix_file::unix_file(ref_ptr<vfs::inode> inode, ref_ptr<unix_endpoint> endpoint, u32 flags)
    : socket_file(std::move(inode), flags, af_unix, endpoint->type, 0), _endpoint(std::move(endpoint))
{
    _endpoint->set_accepted();
}

unix_file::~unix_file()
{
    _endpoint->close();
    collect_sockets_in_flight();
}

result<void> unix_file::bind(const socket_address& local)
{
    return _endpoint->bind(local);
}

result<void> unix_file::connect(const socket_address& peer, wait_rule& rule)
{
    return _endpoint->connect(peer, rule, _options.is_on(so_passcred));
}

result<ref_ptr<socket_file>> unix_file::try_accept(u32 flags)
{
    auto accepted = TRY(_endpoint->accept());
    auto made = create(accepted, flags);
    if (!made) {
        accepted->close();
        return fail(made.error());
    }
    return made;
}

result<socket_address> unix_file::local_address()
{
    return shown(_endpoint->name());
}

result<socket_address> unix_file::peer_address()
{
    const auto peer = _endpoint->peer();
    if (!peer)
        return fail(errc::enotconn);
    return shown(peer->name());
}

result<void> unix_file::set_option(int level, int name, std::span<const std::byte> value)
{
    if (level != sol_socket)
        return fail(errc::eopnotsupp);
    TRY(_options.set(name, value));
    if (name == so_sndbuf || name == so_sndbufforce)
        _endpoint->set_send_buffer(_options.send_buffer());
    return {};
}

result<size_t> unix_file::get_option(int level, int name, std::span<std::byte> value)
{
    if (level != sol_socket)
        return fail(errc::eopnotsupp);
    switch (name) {
    case so_peercred:
        return give_option(value, _endpoint->peer_credentials());
    case so_error:
        return give_option(value, static_cast<s32>(_endpoint->take_error()));
    case so_peergroups: {
        const auto groups = current_task().credentials().groups(); // one program: the peer's are its own
        if (_endpoint->peer_credentials().pid == 0)
            return fail(errc::enodata);
        if (value.size() < groups.size_bytes())
            return fail(errc::erange);
        std::memcpy(value.data(), groups.data(), groups.size_bytes());
        return groups.size_bytes();
    }
    default:
        return _options.get(name, value);
    }
}

result<u32> unix_file::readable_bytes()
{
    if (listening())
        return fail(errc::einval);
    return _endpoint->readable_bytes();
}

result<u32> unix_file::unsent_bytes()
{
    if (listening())
        return fail(errc::einval);
    return static_cast<u32>(_endpoint->charged());
}
} // namespace linux
