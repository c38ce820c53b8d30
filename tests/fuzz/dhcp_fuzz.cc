// DHCP servers that say anything: whatever the parser accepts is used to configure an interface.
#include <cstdlib>
#include <vector>

#include "core/log.hh"
#include "net/dhcp/client.hh"
#include "net/testing/two_hosts.hh"

using namespace net;
using namespace net::testing;

namespace
{
/// Answers each question of a client with the input, its transaction and hardware address made right.
struct liar {
    explicit liar(host& h) : s(h.stack->make_socket(family::ipv4, socket_type::datagram, 0).take())
    {
        ensure(s->bind({ip_address::any(family::ipv4), dhcp::server_port}).has_value());
        ensure(s->set_option(option::broadcast, 1).has_value());
        ensure(s->set_option(option::bind_to_interface, h.eth0->index()).has_value());
    }
    ~liar() { s->close(); }

    void answer(std::span<const uint8_t> input)
    {
        std::vector<std::byte> question(1500);
        for (;;) {
            auto to = io_buffer::of_kernel(std::span<std::byte>(question));
            message_info info;
            if (!s->receive(to, &info, {}))
                return;
            dhcp::header h = *reinterpret_cast<const dhcp::header*>(question.data());
            h.operation = dhcp::header::reply;
            if (input.size() >= 4)
                h.your_address = u32{input[0]} << 24 | u32{input[1]} << 16 | u32{input[2]} << 8 | input[3];
            std::vector<std::byte> reply(sizeof h + input.size());
            std::memcpy(reply.data(), &h, sizeof h);
            std::memcpy(reply.data() + sizeof h, input.data(), input.size());
            auto from = io_buffer::of_kernel(std::span<const std::byte>(reply));
            info = {};
            info.address = endpoint{ip4(255, 255, 255, 255), dhcp::client_port};
            (void)s->send(from, &info, {});
        }
    }

    ref_ptr<net::socket> s;
};
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    klog::set_sink([](std::string_view) {});
    if (size > 1000)
        return 0;
    wire cable(1);
    host client(cable.end(0)), server(cable.end(1));
    server.eth0->set_up(true);
    ensure(server.eth0->add_address({.address = ip4(10, 0, 0, 2), .prefix_length = 24}).has_value());
    client.eth0->set_up(true);
    ensure(client.eth0->start_dhcp().has_value());
    {
        // Half of the input answers the first question, half the rest.
        liar l(server);
        const std::span<const uint8_t> input(data, size);
        const size_t half = size / 2;
        for (unsigned round = 0; round < 6; round++) {
            run_for(seconds(1));
            l.answer(round == 0 ? input.first(half) : input.subspan(half));
        }
        run_for(seconds(5));
    }
    client.eth0->stop_dhcp();
    settle();
    return 0;
}
