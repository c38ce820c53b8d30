// Frames from a hostile network, through a whole stack: Ethernet, ARP, IPv4, IPv6, fragments, ICMP, neighbour
// discovery, multicast, UDP and TCP, with sockets that listen.
//
// The input is a row of frames, each behind two bytes: its length and what is made right for it, because no
// fuzzer guesses checksums. Whatever comes, nothing may crash, leak or stay for ever.
#include <cstdlib>
#include <vector>

#include "core/log.hh"
#include "net/header/ethernet.hh"
#include "net/header/ipv4.hh"
#include "net/ip/reassembly.hh"
#include "net/testing/two_hosts.hh"

using namespace net;
using namespace net::testing;

namespace
{
enum : u8 { to_us = 1, right_ip_checksum = 2, right_transport = 4, time_passes = 8 };

/// Gives a frame what a card and a sender would have made right.
void repair(std::vector<std::byte>& frame, u8 flags, const mac_address& us)
{
    if ((flags & to_us) && frame.size() >= us.size())
        std::memcpy(frame.data(), us.data(), us.size());
    constexpr size_t ip = sizeof(ethernet_header);
    if (!(flags & right_ip_checksum) || frame.size() < ip + sizeof(ipv4_header))
        return;
    auto& h = *reinterpret_cast<ipv4_header*>(frame.data() + ip);
    if (h.version_and_length >> 4 != 4 || ip + h.header_length() > frame.size())
        return;
    h.checksum.clear();
    h.checksum.complete(sum_bytes(0, std::span(frame).subspan(ip, h.header_length())));
}

ref_ptr<net::socket> listener(host& h, socket_type type)
{
    auto made = h.stack->make_socket(family::ipv6, type, 0);
    if (!made)
        return {};
    auto s = made.take();
    if (!s->bind({ip_address(), 80}) || (type == socket_type::stream && !s->listen(4))) {
        s->close();
        return {};
    }
    return s;
}

/// Reads what arrived, so that those paths are walked as well.
void drain(const ref_ptr<net::socket>& s, socket_type type)
{
    if (!s)
        return;
    if (type == socket_type::stream) {
        while (auto accepted = s->accept())
            accepted.value()->close();
        return;
    }
    std::byte bytes[256];
    for (;;) {
        auto to = io_buffer::of_kernel(std::span<std::byte>(bytes));
        message_info info;
        if (!s->receive(to, &info, {}))
            return;
    }
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    klog::set_sink([](std::string_view) {});
    wire cable(1);
    host us(cable.end(0));
    us.eth0->set_up(true);
    if (!us.eth0->add_address({.address = two_hosts::left_address(), .prefix_length = 24}))
        std::abort();
    run_for(seconds(2));
    auto datagrams = listener(us, socket_type::datagram);
    auto connections = listener(us, socket_type::stream);

    std::span<const uint8_t> input(data, size);
    while (input.size() >= 2) {
        const size_t length = std::min<size_t>(input[0] * 4, input.size() - 2);
        const u8 flags = input[1];
        const auto bytes = std::as_bytes(input.subspan(2, length));
        std::vector<std::byte> frame(bytes.begin(), bytes.end());
        input = input.subspan(2 + length);
        if (frame.empty())
            continue;
        repair(frame, flags, us.eth0->mac());
        cable.end(0).inject(frame,
                            flags & right_transport ? packet_checksum::valid : packet_checksum::unknown);
        run_for(flags & time_passes ? nanoseconds(seconds(1)) : microseconds(10));
        drain(datagrams, socket_type::datagram);
        drain(connections, socket_type::stream);
    }
    run_for(seconds(40));
    if (us.stack->reassembly().memory_in_use() != 0)
        std::abort();
    for (auto& s : {datagrams, connections})
        if (s)
            s->close();
    datagrams = connections = {};
    run_for(seconds(200)); // connections that were left give up
    return 0;
}
