// One network: interfaces, routes, neighbours, and the sockets above them.
//
// There is one in the kernel and any number in tests, where two are joined by a wire: nothing below net/ is
// global. What runs in it is the caller's business: packets come in by interface::receive in deferred work,
// timers fire in interrupt context, calls come from threads.
#pragma once

#include "core/base/make_unique.hh"
#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "core/device/network_device.hh"
#include "net/address.hh"
#include "net/counters.hh"
#include "net/ip/ip.hh"
#include "net/socket/socket.hh"

namespace net
{
class groups;
class icmp;
class interfaces;
class neighbours;
class reassembly;
class routes;
class settings;
class udp;
namespace tcp
{
class protocol;
}

class stack
{
  public:
    /// With the loopback interface lo (127.0.0.1/8 and ::1) up. Errors: enomem.
    static result<unique_ptr<stack>> create();
    /// In tests only. No socket, path or deferred work of it may be left.
    ~stack();

    net::interfaces& interfaces() { return *_interfaces; }
    net::routes& routes() { return *_routes; }
    net::neighbours& neighbours() { return *_neighbours; }
    net::reassembly& reassembly() { return *_reassembly; }
    net::groups& groups() { return *_groups; }
    net::icmp& icmp() { return *_icmp; }
    net::udp& udp() { return *_udp; }
    net::tcp::protocol& tcp() { return *_tcp; }
    net::counters& counters() { return _counters; }
    net::settings& settings() { return *_settings; }

    /// A new socket. Errors: eprotonosupport, esocktnosupport, enomem.
    result<ref_ptr<socket>> make_socket(family f, socket_type type, u8 protocol);

  private:
    stack();

    net::counters _counters;
    unique_ptr<net::settings> _settings;
    unique_ptr<net::routes> _routes;
    unique_ptr<net::neighbours> _neighbours;
    unique_ptr<net::reassembly> _reassembly;
    unique_ptr<net::groups> _groups;
    unique_ptr<net::interfaces> _interfaces;
    unique_ptr<net::icmp> _icmp;
    unique_ptr<net::udp> _udp;
    unique_ptr<net::tcp::protocol> _tcp;
};

/// The kernel's. It must have been given by set_the_stack().
stack& the_stack();
void set_the_stack(unique_ptr<stack> s);
} // namespace net
