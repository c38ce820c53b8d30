// Files below /proc/net that list sockets (proc(5); Documentation/networking/proc_net_tcp.rst for columns).
//
// What is listed are the program's sockets; of connections only the kernel still knows (TIME_WAIT), TCP tells
// itself.
#include "linux/abi/inet.hh"
#include "linux/proc/generators.hh"
#include "linux/proc/hexadecimal.hh"
#include "linux/socket/netlink/netlink_file.hh"
#include "linux/socket/unix/unix_file.hh"
#include "net/ip/reassembly.hh"
#include "net/stack.hh"
#include "net/tcp/protocol.hh"

namespace proc
{
namespace
{
using linux::af_inet;
using linux::af_inet6;
using linux::socket_file;

template <class Visit>
void each_socket(Visit visit)
{
    for (auto s = socket_file::next(nullptr); s; s = socket_file::next(s.get()))
        visit(*s);
}

constexpr u8 state_established = 1, state_closed = 7, state_listen = 10;

/// A stream says its state itself; a datagram socket is connected or not.
u8 state_of(socket_file& s)
{
    if (s.listening())
        return state_listen;
    if (s.type() != linux::sock_stream)
        return s.peer_address() ? state_established : state_closed;
    std::byte state{};
    const auto told = s.get_option(linux::sol_tcp, linux::tcp_info, {&state, 1});
    return told && *told ? static_cast<u8>(state) : state_closed;
}

/// Address words as Linux prints them, in the machine's byte order, and the port.
void add_endpoint(text& out, const linux::socket_address& a, u16 family)
{
    if (family == af_inet) {
        const auto in = a.as<linux::sockaddr_in>();
        capital_hex(out, in.address, 8);
        capital_hex(out.add(":"), linux::swap16(in.port), 4);
        return;
    }
    const auto in = a.as<linux::sockaddr_in6>();
    for (size_t i = 0; i < 16; i += 4) {
        u32 word;
        std::memcpy(&word, in.address + i, sizeof word);
        capital_hex(out, word, 8);
    }
    capital_hex(out.add(":"), linux::swap16(in.port), 4);
}

void list_internet(text& out, u16 family, u32 type)
{
    size_t line = 0;
    each_socket([&](socket_file& s) {
        if (s.family() != family || s.type() != type)
            return;
        const auto local = s.local_address();
        const auto peer = s.peer_address();
        if (!local || linux::swap16(local->as<linux::sockaddr_in>().port) == 0)
            return; // not bound: in no table on Linux either
        out.decimal(line++, type == linux::sock_stream ? 4 : 5).add(": ");
        add_endpoint(out, *local, family);
        add_endpoint(out.add(" "), peer ? *peer : linux::socket_address(), family);
        capital_hex(out.add(" "), state_of(s), 2);
        capital_hex(out.add(" "), s.unsent_bytes().value_or(0), 8);
        capital_hex(out.add(":"), s.readable_bytes().value_or(0), 8);
        out.add(" 00:00000000 00000000     0        0 ").format("{}", s.inode().number());
        out.add(type == linux::sock_stream ? " 1 0000000000000000 100 0 0 10 0\n"
                                           : " 2 0000000000000000 0\n");
    });
}

constexpr std::string_view ports_heading =
    " local_address                         remote_address                        st tx_queue rx_queue tr "
    "tm->when retrnsmt   uid  timeout inode";
} // namespace

result<void> tcp_sockets(text& out, const numbers&)
{
    out.add(
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode");
    out.pad_to(149).add("\n");
    list_internet(out, af_inet, linux::sock_stream);
    return {};
}

result<void> tcp6_sockets(text& out, const numbers&)
{
    out.add("  sl ").add(ports_heading).add("\n");
    list_internet(out, af_inet6, linux::sock_stream);
    return {};
}

result<void> udp_sockets(text& out, const numbers&)
{
    out.add("   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
            "inode ref "
            "pointer drops");
    out.pad_to(127).add("\n");
    list_internet(out, af_inet, linux::sock_dgram);
    return {};
}

result<void> udp6_sockets(text& out, const numbers&)
{
    out.add("  sl ").add(ports_heading).add(" ref pointer drops\n");
    list_internet(out, af_inet6, linux::sock_dgram);
    return {};
}

result<void> unix_sockets(text& out, const numbers&)
{
    out.add("Num       RefCount Protocol Flags    Type St Inode Path\n");
    each_socket([&](socket_file& s) {
        if (s.family() != linux::af_unix)
            return;
        auto& endpoint = static_cast<linux::unix_file&>(s).endpoint();
        out.add("0000000000000000: 00000002 00000000 ").add(s.listening() ? "00010000 " : "00000000 ");
        capital_hex(out, s.type(), 4);
        capital_hex(out.add(" "), endpoint.state_number(), 2);
        out.add(" ").decimal(s.inode().number(), 5);
        if (const auto name = endpoint.name()) {
            out.add(" ");
            for (const char c : name->text())
                out.add(c ? std::string_view(&c, 1) : "@");
        }
        out.add("\n");
    });
    return {};
}

result<void> netlink_sockets(text& out, const numbers&)
{
    out.add("sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n");
    each_socket([&](socket_file& s) {
        if (s.family() != linux::af_netlink)
            return;
        const auto local = s.local_address();
        const auto address = local ? local->as<linux::sockaddr_nl>() : linux::sockaddr_nl{};
        out.add("0000000000000000 0   ").format("{}", address.port).add(" ").hex(address.groups, 8);
        out.add(" 0 0 0 2 0 ").format("{}\n", s.inode().number());
    });
    return {};
}

namespace
{
size_t count_sockets(u16 family, u32 type)
{
    size_t count = 0;
    each_socket([&](socket_file& s) { count += s.family() == family && (type == 0 || s.type() == type); });
    return count;
}
} // namespace

result<void> socket_statistics(text& out, const numbers&)
{
    const size_t tcp = count_sockets(af_inet, linux::sock_stream),
                 udp = count_sockets(af_inet, linux::sock_dgram);
    size_t all = 0;
    each_socket([&](socket_file&) { all++; });
    auto& protocol = net::the_stack().tcp();
    const auto& memory = protocol.memory();
    size_t waiting = 0;
    protocol.for_each_flow([&](const net::tcp::flow& f) { waiting += f.is_time_wait(); });
    out.line("sockets: used {}", all);
    out.format("TCP: inuse {} orphan {} tw {} alloc {}", tcp + memory.orphans(), memory.orphans(), waiting,
               tcp + count_sockets(af_inet6, linux::sock_stream) + memory.orphans());
    out.line(" mem {}", (memory.used() + page_size - 1) / page_size);
    out.line("UDP: inuse {} mem 0", udp);
    out.add("UDPLITE: inuse 0\nRAW: inuse 0\n");
    const auto& fragments = net::the_stack().reassembly();
    out.line("FRAG: inuse {} memory {}", fragments.datagrams(), fragments.memory_in_use());
    return {};
}

/// In pages (tcp(7)).
result<void> tcp_memory_limits(text& out, const numbers&)
{
    const auto& limits = net::the_stack().tcp().memory().get_limits();
    out.line("{}\t{}\t{}", limits.low / page_size, limits.pressure / page_size, limits.most / page_size);
    return {};
}

result<void> ipv6_socket_statistics(text& out, const numbers&)
{
    out.line("TCP6: inuse {}", count_sockets(af_inet6, linux::sock_stream));
    out.line("UDP6: inuse {}", count_sockets(af_inet6, linux::sock_dgram));
    out.add("UDPLITE6: inuse 0\nRAW6: inuse 0\nFRAG6: inuse 0 memory 0\n");
    return {};
}
} // namespace proc
