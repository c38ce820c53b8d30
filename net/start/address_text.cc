// Reading and writing addresses; see address_text.hh.
#include "net/start/address_text.hh"

#include <charconv>

namespace net
{
namespace
{
/// A number of at most `most`, of digits only; leading zeros, which some take for octal, only where they do
/// not matter.
std::optional<u32> parse_number(std::string_view text, int base, size_t most_digits, u32 most)
{
    u32 value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size() || text.size() > most_digits || value > most)
        return {};
    if (base == 10 && text.size() > 1 && text[0] == '0')
        return {};
    return value;
}

std::optional<ipv4_address> parse_ipv4(std::string_view text)
{
    u32 value = 0;
    for (unsigned part = 0; part < 4; part++) {
        const size_t dot = part == 3 ? text.size() : text.find('.');
        if (dot == std::string_view::npos)
            return {};
        const auto byte = parse_number(text.substr(0, dot), 10, 3, 255);
        if (!byte)
            return {};
        value = value << 8 | *byte;
        text.remove_prefix(part == 3 ? dot : dot + 1);
    }
    return ipv4_address{value};
}

/// Groups of 16 bits from one side of "::"; returns how many bytes they take. The last 32 bits of an address
/// may stand as an IPv4 address.
std::optional<size_t> parse_groups(std::string_view text, bool at_the_end, std::array<u8, 16>& to)
{
    size_t at = 0;
    const auto put = [&](u32 group) {
        to[at++] = static_cast<u8>(group >> 8);
        to[at++] = static_cast<u8>(group);
    };
    while (!text.empty()) {
        const size_t colon = text.find(':');
        const std::string_view word = text.substr(0, colon);
        if (colon == std::string_view::npos && word.find('.') != std::string_view::npos) {
            const auto v4 = parse_ipv4(word);
            if (!v4 || at > 12 || !at_the_end)
                return {};
            put(v4->value >> 16);
            put(v4->value);
            return at;
        }
        const auto group = parse_number(word, 16, 4, 0xffff);
        if (!group || at == 16)
            return {};
        put(*group);
        if (colon == std::string_view::npos)
            return at;
        text.remove_prefix(colon + 1);
        if (text.empty())
            return {}; // a colon at the end
    }
    return at;
}

std::optional<ip_address> parse_ipv6(std::string_view text)
{
    std::array<u8, 16> head{}, tail{};
    const size_t gap = text.find("::");
    const auto before = parse_groups(text.substr(0, gap), gap == std::string_view::npos, head);
    if (!before)
        return {};
    if (gap == std::string_view::npos)
        return *before == 16 ? std::optional(ip_address(head)) : std::nullopt;
    const auto after = parse_groups(text.substr(gap + 2), true, tail);
    if (!after || *before + *after > 14) // the gap stands for a group at least
        return {};
    for (size_t i = 0; i < *after; i++)
        head[16 - *after + i] = tail[i];
    return ip_address(head);
}

char* format_ipv4(ipv4_address a, char* to)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        to = std::to_chars(to, to + 3, a.value >> shift & 0xff).ptr;
        if (shift > 0)
            *to++ = '.';
    }
    return to;
}
} // namespace

std::optional<ip_address> parse_address(std::string_view text)
{
    if (const auto v4 = parse_ipv4(text))
        return ip_address(*v4);
    return text.find(':') == std::string_view::npos ? std::nullopt : parse_ipv6(text);
}

std::optional<static_address> parse_static_address(std::string_view text)
{
    const size_t comma = text.find(',');
    const std::string_view own = text.substr(0, comma);
    const size_t slash = own.find('/');
    if (slash == std::string_view::npos)
        return {};
    const auto address = parse_address(own.substr(0, slash));
    if (!address)
        return {};
    const auto length = parse_number(own.substr(slash + 1), 10, 3, address->is_ipv4() ? 32 : 128);
    if (!length)
        return {};
    static_address result{*address, static_cast<u8>(*length), {}};
    if (comma != std::string_view::npos) {
        result.gateway = parse_address(text.substr(comma + 1));
        if (!result.gateway || result.gateway->is_ipv4() != address->is_ipv4())
            return {};
    }
    return result;
}

size_t format_address(const ip_address& address, char* to)
{
    if (address.is_ipv4())
        return static_cast<size_t>(format_ipv4(address.as_ipv4(), to) - to);
    const auto group = [&](size_t i) {
        return static_cast<unsigned>(address.bytes()[2 * i] << 8 | address.bytes()[2 * i + 1]);
    };
    // The first of the longest runs of zero groups, of two at least, becomes "::".
    size_t gap = 8, gap_length = 1;
    for (size_t i = 0; i < 8; i++) {
        size_t n = 0;
        while (i + n < 8 && group(i + n) == 0)
            n++;
        if (n > gap_length) {
            gap = i;
            gap_length = n;
        }
    }
    char* at = to;
    for (size_t i = 0; i < 8; i++) {
        if (i == gap) {
            *at++ = ':';
            *at++ = ':';
            i += gap_length - 1;
            continue;
        }
        if (i > 0 && at[-1] != ':')
            *at++ = ':';
        at = std::to_chars(at, at + 4, group(i), 16).ptr;
    }
    return static_cast<size_t>(at - to);
}
} // namespace net
