// See message.hh.
#include "net/dhcp/message.hh"

#include <algorithm>
#include <bit>

#include "net/header/view.hh"

namespace net::dhcp
{
namespace
{
using bytes = std::span<const std::byte>;

std::optional<u32> number(bytes value)
{
    const auto* n = view<be32>(value);
    return n ? std::optional<u32>(*n) : std::nullopt;
}

std::optional<ipv4_address> address(bytes value)
{
    const auto n = number(value);
    return n ? std::optional(ipv4_address{*n}) : std::nullopt;
}

/// A name as it may stand in a file: without what could be taken for another line.
std::string_view name(bytes value)
{
    std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
    while (text.ends_with('\0'))
        text.remove_suffix(1);
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '.' || c == '_';
    });
    return plain ? text : std::string_view();
}

void read_option(reply& r, option o, bytes value, u8& overload)
{
    switch (o) {
    case option::message_type:
        if (value.size() == 1)
            r.type = static_cast<message_type>(value[0]);
        break;
    case option::mask:
        r.mask = address(value);
        break;
    case option::routers:
        r.router = address(value);
        break;
    case option::name_servers:
        for (; value.size() >= 4 && r.name_server_count < reply::most_servers; value = value.subspan(4))
            r.name_servers[r.name_server_count++] = *address(value);
        break;
    case option::host_name:
        r.host_name = name(value);
        break;
    case option::domain:
        r.domain = name(value);
        break;
    case option::mtu:
        if (const auto* mtu = view<be16>(value))
            r.mtu = *mtu;
        break;
    case option::lease_time:
        r.lease = number(value).value_or(0);
        break;
    case option::renewal_time:
        r.renewal = number(value);
        break;
    case option::rebinding_time:
        r.rebinding = number(value);
        break;
    case option::server:
        r.server = address(value).value_or(ipv4_address{});
        break;
    case option::overload:
        if (value.size() == 1)
            overload = static_cast<u8>(value[0]);
        break;
    default:
        break;
    }
}

/// False: an option runs over the end.
bool read_options(reply& r, bytes options, u8& overload)
{
    while (!options.empty()) {
        const auto o = static_cast<option>(options[0]);
        if (o == option::end)
            break;
        if (o == option::pad) {
            options = options.subspan(1);
            continue;
        }
        if (options.size() < 2 || options.size() - 2 < static_cast<u8>(options[1]))
            return false;
        const auto length = static_cast<u8>(options[1]);
        read_option(r, o, options.subspan(2, length), overload);
        options = options.subspan(2u + length);
    }
    return true;
}
} // namespace

u8 reply::prefix_length() const
{
    const u32 a = address.value;
    const int by_class = a >> 31 == 0 ? 8 : a >> 30 == 2 ? 16 : 24; // for servers that tell no mask
    return static_cast<u8>(mask ? std::countl_one(mask->value) : by_class);
}

std::optional<reply> parse(std::span<const std::byte> message, u32 transaction, const mac_address& client)
{
    const auto* h = view<header>(message);
    if (!h || h->operation != header::reply || h->cookie != header::magic || h->transaction != transaction ||
        !std::equal(client.begin(), client.end(), h->hardware_address.begin()))
        return {};
    reply r;
    r.address = {h->your_address};
    u8 overload = 0, ignored = 0;
    if (!read_options(r, message.subspan(sizeof *h), overload) ||
        ((overload & 1) && !read_options(r, std::as_bytes(std::span(h->boot_file)), ignored)) ||
        ((overload & 2) && !read_options(r, std::as_bytes(std::span(h->server_name)), ignored)))
        return {};
    return r;
}

namespace
{
class writer
{
  public:
    explicit writer(std::byte* to) : _begin(to), _to(to) {}

    void put(const auto& value)
    {
        std::memcpy(_to, &value, sizeof value);
        _to += sizeof value;
    }
    void put(option o, const auto& value)
    {
        put(static_cast<u8>(o));
        put(static_cast<u8>(sizeof value));
        put(value);
    }
    size_t written() const { return static_cast<size_t>(_to - _begin); }

  private:
    std::byte* _begin;
    std::byte* _to;
};
} // namespace

size_t write(const question& q, std::span<std::byte, longest_question> to)
{
    header h;
    h.transaction = q.transaction;
    h.elapsed = q.elapsed;
    h.flags = q.answer_to_all ? header::broadcast : u16{0};
    h.client_address = q.client_address.value;
    std::copy(q.client.begin(), q.client.end(), h.hardware_address.begin());

    writer w(to.data());
    w.put(h);
    w.put(option::message_type, static_cast<u8>(q.type));
    w.put(option::client_identifier,
          std::array<u8, 7>{1, q.client[0], q.client[1], q.client[2], q.client[3], q.client[4], q.client[5]});
    if (q.requested)
        w.put(option::requested_address, be32(q.requested->value));
    if (q.server)
        w.put(option::server, be32(q.server->value));
    w.put(option::max_size, be16(1500));
    w.put(option::parameter_list,
          std::array{option::mask, option::routers, option::name_servers, option::host_name, option::domain,
                     option::mtu, option::lease_time, option::renewal_time, option::rebinding_time});
    w.put(static_cast<u8>(option::end));
    const size_t length = w.written();
    std::fill(to.begin() + static_cast<std::ptrdiff_t>(length), to.end(),
              std::byte{0}); // BOOTP's least length
    return to.size();
}
} // namespace net::dhcp
