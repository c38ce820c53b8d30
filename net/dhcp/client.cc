// See client.hh.
#include "net/dhcp/client.hh"

#include <algorithm>

#include "core/log.hh"
#include "core/random.hh"
#include "net/arp/arp.hh"
#include "net/interface/interface.hh"
#include "net/route/routes.hh"
#include "net/settings.hh"
#include "net/stack.hh"

namespace net::dhcp
{
namespace
{
constexpr u32 forever = 0xffff'ffff;
constexpr unsigned most_requests = 4; // then the offer is forgotten
constexpr nanoseconds least_renewal_wait = seconds(60);
constexpr u32 route_metric = 100;

/// RFC 2131 §4.1: 4, 8, 16 ... 64 s, each give or take one.
nanoseconds retry_delay(unsigned attempts)
{
    const auto base = seconds(4u << std::min(attempts, 4u));
    return base - seconds(1) + milliseconds(random_u64() % 2000);
}

instant later(instant start, u32 lifetime)
{
    return lifetime == forever ? timekeeping::never : start + seconds(lifetime);
}
} // namespace

result<unique_ptr<client>> client::create(interface& on)
{
    auto c = TRY(try_make_unique<client>(on));
    TRY(c->open());
    c->restart();
    return c;
}

result<void> client::open()
{
    _socket = TRY(_interface.stack().make_socket(family::ipv4, socket_type::datagram, 0));
    TRY(_socket->set_option(net::option::bind_to_interface, _interface.index()));
    TRY(_socket->set_option(net::option::broadcast, 1));
    TRY(_socket->set_option(net::option::reuse_address, 1));
    TRY(_socket->bind({ip_address::any(family::ipv4), client_port}));
    _socket->queue().add(_arrival, false);
    return {};
}

client::~client()
{
    if (!_socket)
        return;
    _socket->queue().remove(_arrival);
    _socket->close();
}

void client::restart()
{
    _restart.store(true);
    _work.raise();
}

bool client::run(sched::deferred_work& w)
{
    client& self = static_cast<work&>(w).owner;
    if (self._restart.exchange(false))
        self.begin();
    self.read_answers();
    if (timekeeping::now() >= self._deadline)
        self.time_passed();
    if (self._deadline != timekeeping::never)
        self._alarm.arm(self._deadline);
    return false;
}

void client::enter(state s, instant deadline)
{
    _state = s;
    _attempts = 0;
    _deadline = deadline;
    _interface.set_awaits_address(!_configured);
}

void client::begin()
{
    _transaction = static_cast<u32>(random_u64());
    _began = timekeeping::now();
    enter(state::selecting, _began); // asks at once
}

void client::ask(message_type type)
{
    const bool renewing = _state == state::renewing || _state == state::rebinding;
    const auto elapsed = std::min<s64>(duration_cast<seconds>(timekeeping::now() - _began).count(), 0xffff);
    question q{.type = type,
               .transaction = _transaction,
               .elapsed = static_cast<u16>(elapsed),
               .client = _interface.mac(),
               .client_address = renewing ? _address : ipv4_address{},
               .answer_to_all = !_configured};
    if (_state == state::requesting) {
        q.requested = _address;
        q.server = _server;
    }
    std::byte message[longest_question];
    const size_t length = write(q, message);
    const ipv4_address to = _state == state::renewing ? _server : ipv4_address{0xffff'ffff};
    auto from = io_buffer::of_kernel(std::span<const std::byte>(message, length));
    message_info info;
    info.address = endpoint{ip_address(to), server_port};
    (void)_socket->send(from, &info, {}); // if it fails, it will be asked again
}

void client::time_passed()
{
    const instant now = timekeeping::now();
    if (_state == state::bound) {
        _transaction = static_cast<u32>(random_u64());
        _began = now;
        enter(state::renewing, now);
    }
    if (_state == state::renewing && now >= _rebind_at)
        enter(state::rebinding, now);
    if (_state == state::rebinding && now >= _expires) {
        klog::line("{}: the lease of our address is over", _interface.name());
        give_up_address();
        begin();
    }
    if (_state == state::requesting && _attempts == most_requests)
        begin();
    switch (_state) {
    case state::selecting:
        ask(message_type::discover);
        _deadline = now + retry_delay(_attempts++);
        break;
    case state::requesting:
        ask(message_type::request);
        _deadline = now + retry_delay(_attempts++);
        break;
    case state::renewing:
    case state::rebinding: { // half of the time that is left (§4.4.5)
        ask(message_type::request);
        const instant end = _state == state::renewing ? _rebind_at : _expires;
        _deadline = end == timekeeping::never
                        ? now + least_renewal_wait
                        : std::min(end, now + std::max<nanoseconds>((end - now) / 2, least_renewal_wait));
        break;
    }
    default:
        break;
    }
}

void client::read_answers()
{
    std::array<std::byte, 1500> message;
    for (;;) {
        auto to = io_buffer::of_kernel(std::span<std::byte>(message));
        message_info info;
        const auto got = _socket->receive(to, &info, {});
        if (!got) {
            if (got.error() == errc::eagain)
                return;
            continue; // an error of what we sent
        }
        if (const auto r = parse(std::span(message).first(*got), _transaction, _interface.mac()))
            take(*r);
    }
}

void client::take(const reply& r)
{
    const bool asked = _state == state::requesting || _state == state::renewing || _state == state::rebinding;
    if (r.type == message_type::offer && _state == state::selecting) {
        if (r.address.is_any() || r.server.is_any())
            return;
        _address = r.address;
        _server = r.server;
        enter(state::requesting, timekeeping::now());
    } else if (r.type == message_type::ack && asked) {
        use(r);
    } else if (r.type == message_type::nak && asked) {
        give_up_address();
        begin();
    }
}

void client::give_up_address()
{
    if (!_configured)
        return;
    _configured = false;
    _interface.stack().routes().remove_all(_interface, route_origin::dhcp);
    (void)_interface.remove_address(ip_address(_address));
}

void client::use(const reply& r)
{
    if (r.address.is_any() || r.address.is_multicast() || r.lease == 0)
        return;
    if (_configured && r.address != _address)
        give_up_address();
    const bool fresh = !_configured;
    _address = r.address;
    if (!r.server.is_any())
        _server = r.server;
    const instant now = timekeeping::now();
    _expires = later(now, r.lease);
    _rebind_at =
        std::min(later(now, r.rebinding.value_or(r.lease == forever ? forever : r.lease / 8 * 7)), _expires);
    _renew_at =
        std::min(later(now, r.renewal.value_or(r.lease == forever ? forever : r.lease / 2)), _rebind_at);

    stack& s = _interface.stack();
    if (!_interface.add_address({.address = ip_address(_address),
                                 .prefix_length = r.prefix_length(),
                                 .origin = address_origin::dhcp,
                                 .valid_until = _expires}))
        return; // no memory: it is asked for again
    _configured = true;
    if (r.router)
        (void)s.routes().add({.destination = ip_address::any(family::ipv4),
                              .gateway = ip_address(*r.router),
                              .out = &_interface,
                              .metric = route_metric,
                              .origin = route_origin::dhcp});
    for (size_t i = 0; i < r.name_server_count; i++)
        s.settings().add_name_server(ip_address(r.name_servers[i]));
    if (!r.domain.empty())
        s.settings().set_domain(r.domain);
    if (!r.host_name.empty())
        s.settings().set_host_name(r.host_name);
    if (r.mtu)
        (void)_interface.set_mtu(*r.mtu); // what the card cannot is refused there
    enter(state::bound, _renew_at);
    if (!fresh)
        return;
    arp::announce(_interface, _address);
    s.settings().tell();
    const u32 a = _address.value;
    klog::detail("{}: {}.{}.{}.{}/{} by DHCP", _interface.name(), a >> 24, a >> 16 & 0xff, a >> 8 & 0xff,
                 a & 0xff, r.prefix_length());
}
} // namespace net::dhcp
