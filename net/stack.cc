// See stack.hh.
#include "net/stack.hh"

#include "net/icmp/icmp.hh"
#include "net/interface/interface.hh"
#include "net/ip/reassembly.hh"
#include "net/multicast/groups.hh"
#include "net/neighbour/neighbours.hh"
#include "net/route/routes.hh"
#include "net/settings.hh"
#include "net/tcp/protocol.hh"
#include "net/udp/udp.hh"

namespace net
{
stack::stack() = default;
stack::~stack()
{
    for (interface* i = _interfaces ? _interfaces->by_index(1) : nullptr; i; i = _interfaces->next(*i))
        i->stop_dhcp();
    _tcp.reset();
    _udp.reset();
    _routes->forget_paths();
}

result<unique_ptr<stack>> stack::create()
{
    auto* const made = new (std::nothrow) stack;
    if (!made)
        return fail(errc::enomem);
    unique_ptr<stack> s(made);
    s->_settings = TRY(try_make_unique<net::settings>());
    s->_routes = TRY(try_make_unique<net::routes>(*s));
    s->_neighbours = TRY(try_make_unique<net::neighbours>(*s));
    s->_reassembly = TRY(try_make_unique<net::reassembly>(*s));
    s->_groups = TRY(try_make_unique<net::groups>(*s));
    s->_interfaces = TRY(try_make_unique<net::interfaces>(*s));
    s->_icmp = TRY(try_make_unique<net::icmp>(*s));
    s->_udp = TRY(net::udp::create(*s));
    s->_tcp = TRY(tcp::protocol::create(*s));
    TRY(s->_interfaces->add_loopback());
    return s;
}

result<ref_ptr<socket>> stack::make_socket(family f, socket_type type, u8 protocol)
{
    const auto number = static_cast<protocol_number>(protocol);
    if (type == socket_type::stream) {
        if (protocol == 0 || number == protocol_number::tcp)
            return _tcp->make_socket(f);
    } else if (type == socket_type::datagram) {
        if (protocol == 0 || number == protocol_number::udp)
            return _udp->make_socket(f);
    } else {
        return fail(errc::esocktnosupport);
    }
    return fail(errc::eprotonosupport);
}

namespace
{
constinit stack* kernel_stack = nullptr;
}

stack& the_stack()
{
    return assert(kernel_stack), *kernel_stack;
}

void set_the_stack(unique_ptr<stack> s)
{
    kernel_stack = s.release(); // for the machine's lifetime
}
} // namespace net
