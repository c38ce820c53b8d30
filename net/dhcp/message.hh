// DHCP messages as values: what a client asks and what a server says.
#pragma once

#include <optional>
#include <span>

#include "net/address.hh"
#include "net/header/dhcp.hh"

namespace net::dhcp
{
/// What a server gave or offered. Texts point into the message.
struct reply {
    static constexpr size_t most_servers = 3;

    message_type type{};
    ipv4_address address;
    ipv4_address server;
    std::optional<ipv4_address> mask;
    std::optional<ipv4_address> router; // the first of them
    std::array<ipv4_address, most_servers> name_servers{};
    size_t name_server_count = 0;
    u32 lease = 0; // s
    std::optional<u32> renewal, rebinding;
    std::optional<u16> mtu;
    std::string_view domain;
    std::string_view host_name;

    u8 prefix_length() const;
};

/// A server's answer to `transaction` of `client`; nothing, if it is malformed or for somebody else.
std::optional<reply> parse(std::span<const std::byte> message, u32 transaction, const mac_address& client);

struct question {
    message_type type{};
    u32 transaction = 0;
    u16 elapsed = 0;
    mac_address client{};
    ipv4_address client_address;                       // when renewing
    std::optional<ipv4_address> requested{}, server{}; // when choosing an offer
    bool answer_to_all = false;
};

/// Writes a question; returns its bytes.
inline constexpr size_t longest_question = 300;
size_t write(const question& q, std::span<std::byte, longest_question> to);
} // namespace net::dhcp
