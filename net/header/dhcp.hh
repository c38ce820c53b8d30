// DHCP messages (RFC 2131 §2, RFC 2132).
#pragma once

#include "core/device/network_device.hh"
#include "net/header/big_endian.hh"

namespace net::dhcp
{
inline constexpr u16 server_port = 67, client_port = 68;

struct header {
    static constexpr u32 magic = 0x6382'5363;
    static constexpr u16 broadcast = 0x8000;
    enum : u8 { request = 1, reply = 2 };

    u8 operation = request;
    u8 hardware_type = 1;
    u8 hardware_length = 6;
    u8 hops = 0;
    be32 transaction{};
    be16 elapsed{}; // s
    be16 flags{};
    be32 client_address{}; // that it has
    be32 your_address{};   // that it is given
    be32 next_server{};
    be32 relay{};
    std::array<u8, 16> hardware_address{};
    std::array<u8, 64> server_name{};
    std::array<u8, 128> boot_file{};
    be32 cookie = magic;
};
static_assert(sizeof(header) == 240);

enum class option : u8 {
    pad = 0,
    mask = 1,
    routers = 3,
    name_servers = 6,
    host_name = 12,
    domain = 15,
    mtu = 26,
    requested_address = 50,
    lease_time = 51,
    overload = 52,
    message_type = 53,
    server = 54,
    parameter_list = 55,
    max_size = 57,
    renewal_time = 58,
    rebinding_time = 59,
    client_identifier = 61,
    end = 255
};

enum class message_type : u8 {
    discover = 1,
    offer = 2,
    request = 3,
    decline = 4,
    ack = 5,
    nak = 6,
    release = 7
};
} // namespace net::dhcp
