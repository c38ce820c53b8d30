// One connection against a script: the test is the other side, segment by segment, while time stands still or
// moves as it says. Sequence numbers count from each side's SYN, which is 0.
//
//     script s;
//     s.accept();                                      // we connect to its listener
//     s.send({.flags = ack | psh, .seq = 1, .ack = 1, .payload = "hello"});
//     s.expect({.flags = ack, .seq = 1, .ack = 6});
#pragma once

#include <deque>

#include "net/header/arp.hh"
#include "net/header/ethernet.hh"
#include "net/header/ipv4.hh"
#include "net/header/tcp.hh"
#include "tests/unit/net/tcp_hosts.hh"

namespace net::testing
{
inline constexpr u8 fin = tcp_header::fin, syn = tcp_header::syn, rst = tcp_header::rst,
                    psh = tcp_header::psh, ack = tcp_header::ack, ece = tcp_header::ece,
                    cwr = tcp_header::cwr;

struct script_segment {
    u8 flags = tcp_header::ack;
    u32 seq = 0;
    u32 ack = 0;
    std::string payload = {};
    u32 window = 65535;
    tcp_options options = {};
    u8 traffic_class = 0;
};

class script
{
  public:
    static constexpr u16 host_port = 80, peer_port = 40000;
    static constexpr u32 peer_first = 0xffff'ff00; // so that numbers wrap early

    script() : cable(1), left((cable.end(0)))
    {
        cable.set_tap(&script::tap, this);
        left.eth0->set_up(true);
        EXPECT_TRUE(left.eth0->add_address({.address = ip4(10, 0, 0, 1), .prefix_length = 24}));
        drain();
        seen.clear();
    }
    ~script()
    {
        for (socket_ref* s : {&socket, &listener})
            if (*s)
                (*s)->close();
        socket = listener = nullptr;
        run_for(seconds(2000));
    }

    net::stack& stack() { return *left.stack; }
    net::counters& counters() { return left.stack->counters(); }

    // --- both sides' beginnings ---

    /// What our SYN offers, unless a test wants otherwise.
    static tcp_options usual()
    {
        tcp_options o;
        o.max_segment = 1460;
        o.sack_permitted = true;
        o.window_scale = 0;
        return o;
    }
    static tcp_options with_timestamp(u32 value, u32 echo = 0)
    {
        tcp_options o = usual();
        o.timestamp = tcp_options::timestamps{value, echo};
        return o;
    }

    void listen(unsigned backlog = 8)
    {
        listener = stream_socket(stack());
        ASSERT_TRUE(listener->bind({ip4(10, 0, 0, 1), host_port}));
        ASSERT_TRUE(listener->listen(backlog));
    }

    /// We connect to the host; its socket is `socket`.
    void accept(tcp_options options = usual(), u32 window = 65535)
    {
        if (!listener)
            listen();
        send({.flags = syn, .seq = 0, .window = window, .options = options});
        const script_segment answer = take();
        ASSERT_EQ(answer.flags & ~ece, syn | ack);
        ASSERT_EQ(answer.ack, 1u);
        synack = answer;
        tcp_options later;
        if (options.timestamp)
            later.timestamp =
                tcp_options::timestamps{options.timestamp->value + 1, answer.options.timestamp->value};
        send({.flags = ack, .seq = 1, .ack = 1, .window = window, .options = later});
        auto accepted = listener->accept();
        ASSERT_TRUE(accepted);
        socket = accepted.take();
    }

    /// The host connects to us.
    void connect(tcp_options options = usual(), u32 window = 65535)
    {
        socket = stream_socket(stack());
        ASSERT_EQ(error_of(socket->connect({ip4(10, 0, 0, 2), peer_port})), errc::einprogress);
        host_port_now = 0;
        const script_segment first = take();
        ASSERT_EQ(first.flags & ~(ece | cwr), syn);
        send({.flags = syn | ack, .seq = 0, .ack = 1, .window = window, .options = options});
        const script_segment second = take();
        ASSERT_EQ(second.flags, ack);
        ASSERT_EQ(second.ack, 1u);
    }

    // --- segments ---

    void send(const script_segment& s)
    {
        const u32 option_length = s.options.length();
        const u32 tcp_length = static_cast<u32>(sizeof(tcp_header) + option_length + s.payload.size());
        std::vector<std::byte> frame(14 + 20 + tcp_length);
        auto& e = *reinterpret_cast<ethernet_header*>(frame.data());
        e.destination = cable.end(0).address();
        e.source = cable.end(1).address();
        e.type = static_cast<u16>(ether_type::ipv4);
        auto& i = *new (frame.data() + 14) ipv4_header;
        i.traffic_class = s.traffic_class;
        i.total_length = static_cast<u16>(20 + tcp_length);
        i.hop_limit = 64;
        i.protocol = 6;
        i.source = 0x0a000002;
        i.destination = 0x0a000001;
        i.checksum.complete(sum_bytes(0, std::span(frame).subspan(14, 20)));
        auto& t = *new (frame.data() + 34) tcp_header;
        t.source = peer_port_now;
        t.destination = host_port_now ? host_port_now : host_port;
        t.sequence = peer_first + s.seq;
        t.acknowledgement = (s.flags & ack) ? host_first + s.ack : 0;
        t.set_header_length(static_cast<u32>(sizeof(tcp_header)) + option_length);
        t.flags = s.flags;
        t.window = static_cast<u16>(s.window);
        s.options.write(frame.data() + 54);
        std::memcpy(frame.data() + 54 + option_length, s.payload.data(), s.payload.size());
        t.checksum.complete(
            sum_bytes(pseudo_header_sum(ip4(10, 0, 0, 2), ip4(10, 0, 0, 1), protocol_number::tcp, tcp_length),
                      std::span(frame).subspan(34)));
        cable.end(0).inject(frame);
        drain();
    }

    /// The next segment that the host sent.
    script_segment take()
    {
        drain();
        if (seen.empty()) {
            ADD_FAILURE() << "nothing was sent";
            return {};
        }
        auto s = seen.front();
        seen.pop_front();
        return s;
    }

    script_segment expect(u8 flags, u32 seq, u32 acknowledged, size_t length = 0)
    {
        const auto s = take();
        EXPECT_EQ(int(s.flags), int(flags));
        EXPECT_EQ(s.seq, seq);
        if (flags & ack) {
            EXPECT_EQ(s.ack, acknowledged);
        }
        EXPECT_EQ(s.payload.size(), length);
        return s;
    }
    void expect_nothing()
    {
        drain();
        EXPECT_TRUE(seen.empty()) << "flags " << int(seen.front().flags) << " seq " << seen.front().seq
                                  << " ack " << seen.front().ack << " length " << seen.front().payload.size();
        seen.clear();
    }
    /// Everything that the host sent up to now is of no interest.
    void forget_sent()
    {
        drain();
        seen.clear();
    }

    void drain()
    {
        settle();
        while (std::exchange(answer_arp, false)) {
            send_arp();
            settle();
        }
    }

    wire cable;
    host left;
    socket_ref listener, socket;
    std::deque<script_segment> seen;
    script_segment synack;
    u32 host_first = 0; // the host's initial sequence number
    u16 host_port_now = host_port;
    u16 peer_port_now = peer_port; // whom we send as
    bool answer_arp = false;

  private:
    static bool tap(void* context, unsigned from, std::span<const std::byte> frame)
    {
        if (from == 0)
            static_cast<script*>(context)->look_at(frame);
        return false;
    }

    void look_at(std::span<const std::byte> frame)
    {
        const auto& e = *reinterpret_cast<const ethernet_header*>(frame.data());
        if (e.type == static_cast<u16>(ether_type::arp)) {
            const auto& a = *reinterpret_cast<const arp_header*>(frame.data() + 14);
            answer_arp |= a.operation == arp_header::request && a.target == 0x0a000002u;
        }
        if (e.type != static_cast<u16>(ether_type::ipv4))
            return;
        const auto& i = *reinterpret_cast<const ipv4_header*>(frame.data() + 14);
        if (i.protocol != 6)
            return;
        const auto& t = *reinterpret_cast<const tcp_header*>(frame.data() + 34);
        script_segment s;
        s.flags = t.flags;
        if (s.flags & syn) {
            host_first = t.sequence;
            host_port_now = t.source;
        }
        s.seq = t.sequence - host_first;
        s.ack = t.acknowledgement - peer_first;
        s.window = t.window;
        s.options = tcp_options::parse(t.options());
        s.traffic_class = i.traffic_class;
        const size_t header = 34 + t.header_length();
        const size_t total = 14u + i.total_length;
        s.payload.assign(reinterpret_cast<const char*>(frame.data()) + header, total - header);
        // Every checksum that leaves is right.
        EXPECT_TRUE(
            sum_is_valid(sum_bytes(pseudo_header_sum(ip4(10, 0, 0, 1), ip4(10, 0, 0, 2), protocol_number::tcp,
                                                     static_cast<u32>(total - 34)),
                                   frame.subspan(34, total - 34))));
        seen.push_back(std::move(s));
    }

    void send_arp()
    {
        std::vector<std::byte> frame(14 + sizeof(arp_header));
        auto& e = *reinterpret_cast<ethernet_header*>(frame.data());
        e.destination = cable.end(0).address();
        e.source = cable.end(1).address();
        e.type = static_cast<u16>(ether_type::arp);
        auto& a = *new (frame.data() + 14) arp_header;
        a.operation = arp_header::reply;
        a.sender_mac = cable.end(1).address();
        a.sender = 0x0a000002;
        a.target_mac = cable.end(0).address();
        a.target = 0x0a000001;
        cable.end(0).inject(frame);
    }
};
} // namespace net::testing
