// Addresses as text, both ways, and what is none. The C library's inet_pton and inet_ntop are the oracle.
#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "net/start/address_text.hh"

namespace
{
std::string format(const net::ip_address& a)
{
    char text[46];
    return std::string(text, net::format_address(a, text));
}

bool is_address_for_libc(const std::string& text)
{
    char bytes[16];
    return inet_pton(text.find(':') == std::string::npos ? AF_INET : AF_INET6, text.c_str(), bytes) == 1;
}
} // namespace

TEST(address_text, as_the_c_library_reads_them)
{
    for (const std::string text : {"1.2.3.4",
                                   "255.255.255.255",
                                   "256.1.1.1",
                                   "1.2.3",
                                   "1.2.3.4.5",
                                   "",
                                   "1..2.3",
                                   " 1.2.3.4",
                                   "1.2.3.4 ",
                                   "::",
                                   "::1",
                                   "1::",
                                   "fe80::1:2",
                                   "1:2:3:4:5:6:7:8",
                                   "1:2:3",
                                   "1::2::3",
                                   "12345::",
                                   "g::",
                                   ":1",
                                   "1:",
                                   "1:2:3:4:5:6:7:8:9",
                                   "::1.2.3.4",
                                   "::1.2.3",
                                   "1.2.3.4::1",
                                   "1:2:3:4:5:6:1.2.3.4",
                                   "1:2:3:4:5:6:7:1.2.3.4",
                                   "1.2.3.-4",
                                   "+1.2.3.4",
                                   "1:2:3:4:5:6:7::",
                                   "::2:3:4:5:6:7:8",
                                   ":::",
                                   "0.0.0.0",
                                   "abcd",
                                   "::ffff:10.0.0.1"})
        EXPECT_EQ(net::parse_address(text).has_value(), is_address_for_libc(text)) << text;
}

TEST(address_text, there_and_back)
{
    std::mt19937 random(1);
    for (int i = 0; i < 20000; i++) {
        std::array<u8, 16> bytes{};
        for (size_t g = 0; g < 16; g += 2)
            if (random() % 3)
                bytes[g] = static_cast<u8>(random() % 3 ? 0 : random()),
                bytes[g + 1] = static_cast<u8>(random());
        const net::ip_address a(bytes);
        const auto back = net::parse_address(format(a));
        ASSERT_TRUE(back) << format(a);
        ASSERT_EQ(*back, a) << format(a);
        char expected[INET6_ADDRSTRLEN];
        inet_ntop(AF_INET6, bytes.data(), expected, sizeof expected);
        if (std::string(expected).find('.') == std::string::npos) { // it writes more of them with dots
            ASSERT_EQ(format(a), expected);
        }
    }
    EXPECT_EQ(format(net::ip_address(net::ipv4_address{0x0a000203})), "10.0.2.3");
}

TEST(address_text, static_addresses)
{
    const auto full = net::parse_static_address("10.0.2.15/24,10.0.2.2");
    ASSERT_TRUE(full);
    EXPECT_EQ(full->address, net::ip_address(net::ipv4_address{0x0a00020f}));
    EXPECT_EQ(full->prefix_length, 24);
    EXPECT_EQ(*full->gateway, net::ip_address(net::ipv4_address{0x0a000202}));
    EXPECT_FALSE(net::parse_static_address("10.0.2.15/24")->gateway);
    EXPECT_EQ(net::parse_static_address("fd00::2/64,fe80::1")->prefix_length, 64);
    for (const char* text : {"10.0.2.15", "10.0.2.15/33", "10.0.2.15/", "/24", "10.0.2.15/24,",
                             "10.0.2.15/24,::1", "::1/129", "10.0.2.15/-1", "10.0.2.15/024", "dhcp"})
        EXPECT_FALSE(net::parse_static_address(text)) << text;
}
