// Control messages: what the C library's macros write we read, and what we write they read.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <sys/socket.h>

#include "linux/socket/control.hh"

namespace
{
using linux::control_reader;
using linux::control_writer;

std::span<const std::byte> bytes_of(const msghdr& m)
{
    return {static_cast<const std::byte*>(m.msg_control), m.msg_controllen};
}
} // namespace

TEST(control_reader, reads_what_the_macros_write)
{
    alignas(8) char buffer[CMSG_SPACE(3) + CMSG_SPACE(4)] = {};
    msghdr m{};
    m.msg_control = buffer;
    m.msg_controllen = sizeof buffer;
    cmsghdr* c = CMSG_FIRSTHDR(&m);
    *c = {CMSG_LEN(3), 1, 2};
    std::memcpy(CMSG_DATA(c), "abc", 3);
    c = CMSG_NXTHDR(&m, c);
    *c = {CMSG_LEN(4), 41, 50};
    control_reader reader(bytes_of(m));
    ASSERT_TRUE(reader.more());
    auto first = reader.next();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->level, 1);
    EXPECT_EQ(first->type, 2);
    ASSERT_EQ(first->data.size(), 3u);
    EXPECT_EQ(std::memcmp(first->data.data(), "abc", 3), 0);
    auto second = reader.next();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->level, 41);
    EXPECT_TRUE(second->as<int>());
    EXPECT_FALSE(second->as<long>());
    EXPECT_FALSE(reader.more());
}

TEST(control_reader, refuses_lengths_that_lie)
{
    const linux::cmsghdr lies[] = {{15, 1, 1}, {0, 1, 1}, {17, 1, 1}, {~u64{0}, 1, 1}};
    for (const auto& lie : lies) {
        control_reader reader(std::as_bytes(std::span(&lie, 1)));
        ASSERT_TRUE(reader.more());
        EXPECT_EQ(reader.next().error(), errc::einval);
    }
    std::array<std::byte, 15> few{};
    EXPECT_FALSE(control_reader(few).more());
}

TEST(control_writer, the_macros_read_what_it_writes)
{
    alignas(8) std::array<std::byte, 128> room{};
    control_writer out(room);
    out.put(1, 2, std::as_bytes(std::span("abc", 3)));
    out.put(6, 7, 42);
    EXPECT_FALSE(out.truncated());
    EXPECT_EQ(out.used(), CMSG_SPACE(3) + CMSG_SPACE(4));
    msghdr m{};
    m.msg_control = room.data();
    m.msg_controllen = out.used();
    cmsghdr* c = CMSG_FIRSTHDR(&m);
    EXPECT_EQ(c->cmsg_len, CMSG_LEN(3));
    c = CMSG_NXTHDR(&m, c);
    ASSERT_NE(c, nullptr);
    EXPECT_EQ(c->cmsg_level, 6);
    EXPECT_EQ(*reinterpret_cast<int*>(CMSG_DATA(c)), 42);
    EXPECT_EQ(CMSG_NXTHDR(&m, c), nullptr);
}

TEST(control_writer, cuts_what_does_not_fit)
{
    alignas(8) std::array<std::byte, 20> room{};
    control_writer out(room);
    EXPECT_EQ(out.room_for_data(), 4u);
    out.put(1, 1, u64{0x1122334455667788});
    EXPECT_TRUE(out.truncated());
    EXPECT_EQ(out.used(), 20u);
    linux::cmsghdr header;
    std::memcpy(&header, room.data(), sizeof header);
    EXPECT_EQ(header.length, 20u);
    EXPECT_EQ(out.room_for_data(), 0u);
    out.put(1, 1, 1);
    EXPECT_EQ(out.used(), 20u);
    control_writer none;
    none.put(1, 1, 1);
    EXPECT_TRUE(none.truncated());
    EXPECT_EQ(none.used(), 0u);
}
