// The other side of TCP connections, hostile: segments into connections in all states, with numbers near
// those that the host uses, any flags, any options, while its program reads, writes, sets options and closes.
//
// The input is a row of actions. Whatever comes, nothing may crash or leak, and when the program has closed
// everything and the network is silent, every connection ends.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "core/log.hh"
#include "net/header/arp.hh"
#include "net/header/ethernet.hh"
#include "net/header/ipv4.hh"
#include "net/header/tcp.hh"
#include "net/tcp/protocol.hh"
#include "net/testing/two_hosts.hh"

using namespace net;
using namespace net::testing;

namespace
{
constexpr u32 host_address = 0x0a000001, peer_address = 0x0a000002;
constexpr u16 listening_port = 80;
constexpr size_t most_sockets = 8;

struct reader {
    const uint8_t* data;
    size_t left;
    u8 byte() { return left == 0 ? u8{0} : (left--, *data++); }
    u16 half() { return static_cast<u16>(byte() | byte() << 8); }
    /// Small ones are the interesting ones; sometimes anything.
    u32 distance()
    {
        const u8 kind = byte();
        const auto small = static_cast<u32>(static_cast<s8>(byte()));
        return kind < 128 ? 0 : kind < 192 ? small : kind < 240 ? small * 1460 : u32{half()} << 16;
    }
};

class stage
{
  public:
    explicit stage(reader& r) : _input(r), _cable(1), _host(_cable.end(0))
    {
        _cable.set_tap(&stage::look, this);
        _host.eth0->set_up(true);
        if (!_host.eth0->add_address({.address = two_hosts::left_address(), .prefix_length = 24}))
            std::abort();
        run_for(seconds(2));
        add_listener();
        // In half of the runs memory is short, from one of several points on.
        if (const u8 pages = _input.byte(); pages < 128)
            _host.stack->tcp().memory().set_limits({pages * 512u, pages * 1024u + 512, pages * 2048u + 1024});
    }

    void act()
    {
        switch (_input.byte() % 12) {
        case 0:
        case 1:
        case 2:
        case 3:
            send_segment(_input.byte());
            break;
        case 4:
            open();
            break;
        case 5:
            connect();
            break;
        case 6:
            run_for(milliseconds(u64{1} << _input.byte() % 18));
            break;
        case 7:
            write();
            break;
        case 8:
            read();
            break;
        case 9:
            set_option();
            break;
        case 10:
            close();
            break;
        case 11:
            accept();
            break;
        }
        answer_arp();
    }

    /// Nobody is left: everything must end by itself.
    void end()
    {
        for (auto& s : _sockets)
            s->close();
        _sockets.clear();
        _listener->close();
        _listener = {};
        for (int i = 0; i < 40; i++) {
            run_for(seconds(100));
            answer_arp();
        }
        _host.stack->tcp().for_each_flow([](tcp::flow&) { std::abort(); });
        const tcp::memory& m = _host.stack->tcp().memory();
        if (m.used() != 0 || m.orphans() != 0 || _host.stack->counters().tcp.established.value() != 0)
            std::abort();
    }

  private:
    /// What is known of the connection that is talked to.
    struct numbers {
        u16 host_port = listening_port, peer_port = 0;
        u32 next = 0;     // what the host expects
        u32 expected = 0; // what the host sends next
    };

    static bool look(void* context, unsigned from, std::span<const std::byte> frame)
    {
        if (from == 0)
            static_cast<stage*>(context)->hear(frame);
        return false;
    }

    void hear(std::span<const std::byte> frame)
    {
        const auto& e = *reinterpret_cast<const ethernet_header*>(frame.data());
        if (e.type == static_cast<u16>(ether_type::arp)) {
            _asked = true;
            return;
        }
        if (e.type != static_cast<u16>(ether_type::ipv4) || frame.size() < 54)
            return;
        const auto& i = *reinterpret_cast<const ipv4_header*>(frame.data() + 14);
        const auto& t = *reinterpret_cast<const tcp_header*>(frame.data() + 34);
        if (i.protocol != 6 || (t.flags & tcp_header::rst))
            return;
        const size_t payload = i.total_length - 20u - t.header_length();
        numbers& n = _connections[t.destination % _connections.size()];
        n.host_port = t.source;
        n.peer_port = t.destination;
        if (t.flags & tcp_header::ack)
            n.next = t.acknowledgement;
        n.expected =
            static_cast<u32>(t.sequence + payload + ((t.flags & (tcp_header::syn | tcp_header::fin)) != 0));
        _last_stamp = tcp_options::parse(t.options()).timestamp.value_or(tcp_options::timestamps{}).value;
    }

    /// Good options, or none, or whatever the input has.
    std::vector<std::byte> options(u8 kind)
    {
        std::vector<std::byte> bytes;
        if (kind & 1) {
            tcp_options o;
            if (kind & 2)
                o.timestamp = tcp_options::timestamps{_clock += _input.byte(), _last_stamp};
            if (kind & 4) {
                o.max_segment = static_cast<u16>(_input.half());
                o.window_scale = _input.byte();
                o.sack_permitted = true;
            }
            if (kind & 8) {
                const numbers& n = _connections[_chosen];
                o.sack_count = 1;
                o.sack[0].left = n.expected + _input.distance();
                o.sack[0].right = o.sack[0].left + _input.half();
            }
            bytes.resize(o.length());
            o.write(bytes.data());
        } else if (kind & 2) {
            bytes.resize(_input.byte() % 11 * 4u);
            for (std::byte& b : bytes)
                b = std::byte{_input.byte()};
        }
        return bytes;
    }

    void send(u8 flags, u32 sequence, u32 acknowledgement, u16 window, std::span<const std::byte> options,
              size_t payload)
    {
        const numbers& n = _connections[_chosen];
        const auto length = static_cast<u32>(sizeof(tcp_header) + options.size() + payload);
        std::vector<std::byte> frame(14 + 20 + length);
        auto& e = *reinterpret_cast<ethernet_header*>(frame.data());
        e.destination = _cable.end(0).address();
        e.source = _cable.end(1).address();
        e.type = static_cast<u16>(ether_type::ipv4);
        auto& i = *new (frame.data() + 14) ipv4_header;
        i.traffic_class = _input.byte() & 3;
        i.total_length = static_cast<u16>(20 + length);
        i.hop_limit = 64;
        i.protocol = 6;
        i.source = peer_address;
        i.destination = host_address;
        i.checksum.complete(sum_bytes(0, std::span(frame).subspan(14, 20)));
        auto& t = *new (frame.data() + 34) tcp_header;
        t.source = n.peer_port;
        t.destination = n.host_port;
        t.sequence = sequence;
        t.acknowledgement = acknowledgement;
        t.set_header_length(static_cast<u32>(sizeof(tcp_header) + options.size()));
        t.flags = flags;
        t.window = window;
        std::copy(options.begin(), options.end(), frame.begin() + 54);
        _cable.end(0).inject(frame, packet_checksum::valid);
        run_for(microseconds(10));
    }

    void send_segment(u8 flags)
    {
        _chosen = _input.byte() % _connections.size();
        const numbers& n = _connections[_chosen];
        const u32 sequence = n.next + _input.distance(), acknowledgement = n.expected + _input.distance();
        const u16 window = _input.half();
        const auto chosen = options(_input.byte());
        // Mostly acknowledgements: what has none is soon thrown away.
        const u8 usual = flags & 0x40 ? flags : flags | tcp_header::ack;
        send(usual, sequence, acknowledgement, window, chosen, _input.byte() * 6u);
    }

    /// A handshake from the peer's side.
    void open()
    {
        _chosen = _input.byte() % _connections.size();
        numbers& n = _connections[_chosen];
        n = {.host_port = listening_port, .peer_port = static_cast<u16>(40000 / 8 * 8 + _chosen)};
        const u32 first = _input.half() * 65537u;
        const u8 marks = _input.byte() & 1 ? tcp_header::ece | tcp_header::cwr : 0;
        send(static_cast<u8>(tcp_header::syn | marks), first, 0, _input.half(), options(_input.byte()), 0);
        if (_input.byte() & 1)
            send(tcp_header::ack, n.next, n.expected, _input.half(), options(_input.byte()), 0);
    }

    void add_listener()
    {
        _listener = _host.stack->make_socket(family::ipv4, socket_type::stream, 0).take();
        if (!_listener->bind({two_hosts::left_address(), listening_port}) || !_listener->listen(2))
            std::abort();
    }

    void connect()
    {
        if (_sockets.size() >= most_sockets)
            return;
        auto made = _host.stack->make_socket(family::ipv4, socket_type::stream, 0);
        if (!made)
            return;
        auto s = made.take();
        (void)s->connect({two_hosts::right_address(), static_cast<u16>(40000 + _input.byte() % 8)});
        _sockets.push_back(std::move(s));
        run_for(microseconds(10));
    }

    void accept()
    {
        while (auto accepted = _listener->accept()) {
            auto s = accepted.take();
            if (_sockets.size() < most_sockets)
                _sockets.push_back(std::move(s));
            else
                s->close();
        }
    }

    ref_ptr<net::socket>* any_socket()
    {
        return _sockets.empty() ? nullptr : &_sockets[_input.byte() % _sockets.size()];
    }

    void write()
    {
        if (auto* s = any_socket()) {
            const std::vector<std::byte> bytes(_input.half());
            auto from = io_buffer::of_kernel(std::span<const std::byte>(bytes));
            (void)(*s)->send(from, {}, {});
        }
    }

    void read()
    {
        if (auto* s = any_socket()) {
            std::vector<std::byte> bytes(_input.half());
            auto to = io_buffer::of_kernel(std::span<std::byte>(bytes));
            message_info info;
            (void)(*s)->receive(to, &info, {});
        }
    }

    void set_option()
    {
        constexpr auto first = static_cast<unsigned>(option::tcp_no_delay);
        constexpr auto count = static_cast<unsigned>(option::tcp_queued_bytes) - first;
        const u8 which = _input.byte();
        const auto o = which < 128 ? static_cast<option>(first + which % count)
                                   : std::array{option::keep_alive, option::receive_buffer,
                                                option::send_buffer, option::receive_low_water}[which % 4];
        if (auto* s = any_socket())
            (void)(*s)->set_option(o, _input.half());
        else
            (void)_listener->set_option(o, _input.half());
    }

    void close()
    {
        if (_sockets.empty())
            return;
        const auto at = _sockets.begin() + _input.byte() % static_cast<int>(_sockets.size());
        const u8 how = _input.byte();
        if (how & 1) {
            (void)(*at)->shutdown(how & 2 ? net::socket::direction::write : net::socket::direction::read);
            return;
        }
        (*at)->close();
        _sockets.erase(at);
    }

    void answer_arp()
    {
        if (!std::exchange(_asked, false))
            return;
        std::vector<std::byte> frame(14 + sizeof(arp_header));
        auto& e = *reinterpret_cast<ethernet_header*>(frame.data());
        e.destination = _cable.end(0).address();
        e.source = _cable.end(1).address();
        e.type = static_cast<u16>(ether_type::arp);
        auto& a = *new (frame.data() + 14) arp_header;
        a.operation = arp_header::reply;
        a.sender_mac = _cable.end(1).address();
        a.sender = peer_address;
        a.target_mac = _cable.end(0).address();
        a.target = host_address;
        _cable.end(0).inject(frame);
        run_for(microseconds(10));
    }

    reader& _input;
    wire _cable;
    host _host;
    ref_ptr<net::socket> _listener;
    std::vector<ref_ptr<net::socket>> _sockets;
    std::array<numbers, 8> _connections{};
    size_t _chosen = 0;
    u32 _clock = 1000, _last_stamp = 0;
    bool _asked = false;
};
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    klog::set_sink([](std::string_view) {});
    reader input{data, size};
    stage s(input);
    while (input.left > 0)
        s.act();
    s.end();
    return 0;
}
