// The console device and its control queue; see console.hh.
#include "drivers/virtio/console.hh"

#include <bit>
#include <cstring>

#include "core/log.hh"
#include "core/mm/layout.hh"
#include "drivers/driver.hh"

namespace virtio
{
namespace
{
constexpr u64 feature_many_ports = 1u << 1;
constexpr size_t field_port_count = 4;
constexpr u32 most_ports = 512;

enum event : u16 {
    device_ready = 0,
    device_add = 1,
    device_remove = 2,
    port_ready = 3,
    console_port_event = 4,
    resize = 5,
    port_open = 6,
    port_name = 7,
};
} // namespace

result<unique_ptr<console>> console::create(unique_ptr<transport> t)
{
    auto made = TRY(try_make_unique<console>(std::move(t)));
    TRY(made->initialize());
    return made;
}

result<void> console::initialize()
{
    TRY(negotiate(feature_many_ports));
    if (!has_feature(feature_many_ports))
        return fail(errc::enodev); // a single port without a name: nobody asks for it
    const u32 ports = std::min(configuration<u32>(field_port_count), most_ports);
    TRY(connect(static_cast<u16>(2 * (ports + 1))));
    TRY(make_port_queues(ports));
    TRY(make_control_queues());
    start();
    lock_guard guard{_lock};
    if (_control_in->publish())
        notify(control_in_queue);
    send_locked(0, device_ready, 1);
    return {};
}

/// Queues must exist before the device starts, also those of ports that never appear.
result<void> console::make_port_queues(u32 ports)
{
    _places = TRY(try_make_unique<port_place[]>(ports));
    for (; _place_count < ports; _place_count++) {
        port_place& place = _places[_place_count];
        auto in = make_queue(in_queue(_place_count), console_port::most_buffers, shared_interrupt);
        if (!in && in.error() == errc::enodev)
            break; // it announced more ports than it has queues for
        place.in = TRY(std::move(in));
        place.out = TRY(make_queue(out_queue(_place_count), console_port::most_buffers, shared_interrupt));
    }
    return {};
}

result<void> console::make_control_queues()
{
    auto in = TRY(make_queue(control_in_queue, control_size, shared_interrupt));
    auto out = TRY(make_queue(control_out_queue, control_size, shared_interrupt));
    lock_guard guard{_lock};
    _control_in = std::move(in);
    _control_out = std::move(out);
    _control_out->disable_interrupts(); // finished messages are collected when the next one is sent
    for (auto& room : _received) {
        const segment s[] = {{mm::to_physical(room.data()), static_cast<u32>(room.size())}};
        if (!_control_in->add({}, s, &room))
            break; // the device's queue is shorter
    }
    return {};
}

void console::send_locked(u32 port, u16 event, u16 value)
{
    while (const auto done = _control_out->take())
        _free_messages |= 1u << (static_cast<control_message*>(done->token) - _sent.data());
    if (_free_messages == 0) {
        klog::line("virtio-console: the device takes no control messages");
        return;
    }
    const int place = std::countr_zero(_free_messages);
    control_message& message = _sent[static_cast<size_t>(place)];
    message = {port, event, value};
    const segment s[] = {{mm::to_physical(&message), sizeof message}};
    if (!_control_out->add(s, {}, &message))
        return;
    _free_messages &= ~(1u << place);
    if (_control_out->publish())
        notify(control_out_queue);
}

void console::queue_interrupt(u16 queue)
{
    WITH_LOCK(_lock)
    {
        if (_control_in)
            handle_control_locked();
    }
    for (u32 i = 0; i < _place_count; i++)
        if (console_port* const port = _places[i].port.get(); port && queue == any_queue)
            port->interrupt();
        else if (port && (queue == in_queue(i) || queue == out_queue(i)))
            port->interrupt();
}

/// At most one round of the ring, so that a device cannot keep us here; what comes later interrupts again.
void console::handle_control_locked()
{
    u16 budget = control_size;
    do {
        while (budget > 0) {
            const auto done = _control_in->take();
            if (!done)
                break;
            budget--;
            auto& bytes = *static_cast<std::array<std::byte, largest_message>*>(done->token);
            handle_message_locked(std::span(bytes).first(done->written));
            const segment room[] = {{mm::to_physical(bytes.data()), static_cast<u32>(bytes.size())}};
            if (!_control_in->add({}, room, &bytes))
                return; // broken
        }
        if (_control_in->publish())
            notify(control_in_queue);
    } while (_control_in->enable_interrupts() && budget > 0);
}

void console::handle_message_locked(std::span<const std::byte> bytes)
{
    control_message message;
    if (bytes.size() < sizeof message)
        return;
    std::memcpy(&message, bytes.data(), sizeof message);
    if (message.port >= _place_count)
        return;
    if (message.event == device_add) {
        if (const auto added = add_port_locked(message.port); !added)
            klog::line("virtio-console: port {} not usable, error {}", message.port, added.error());
        return;
    }
    console_port* const port = _places[message.port].port.get();
    if (!port)
        return;
    const auto text = bytes.subspan(sizeof message);
    if (message.event == port_name)
        name_port_locked(*port, {reinterpret_cast<const char*>(text.data()), text.size()});
    else if (message.event == port_open)
        port->set_host_open(message.value != 0);
    else if (message.event == device_remove)
        port->set_host_open(false);
}

result<void> console::add_port_locked(u32 number)
{
    port_place& place = _places[number];
    if (place.port)
        return {};
    auto spare = TRY(try_make_unique<std::byte[]>(console_port::spare_size));
    place.port = TRY(try_make_unique<console_port>(*this, number, std::move(place.in), std::move(place.out),
                                                   std::move(spare)));
    send_locked(number, port_ready, 1);
    return {};
}

void console::name_port_locked(console_port& port, std::string_view name)
{
    if (const size_t end = name.find('\0'); end != std::string_view::npos)
        name = name.substr(0, end);
    if (port.has_name() || name.empty())
        return; // a name is for ever
    port.set_name(name);
    send_locked(port.number(), port_open, 1);
    byte_streams::add(port);
}

namespace
{
result<void> probe(unique_ptr<transport> t)
{
    byte_streams::expect_more(); // for as long as the machine runs: ports can be plugged
    auto made = console::create(std::move(t));
    if (!made) {
        byte_streams::expect_no_more();
        return fail(made.error());
    }
    made.take().release(); // lives as long as the machine
    return {};
}

constinit const drivers::virtio_driver virtio_console{
    {"virtio-console", drivers::bus::virtio}, device_type::console, probe};
KILN_DRIVER(virtio_console);
} // namespace
} // namespace virtio
