// The formatter of log lines: every kind of argument, and lines that are too long.
#include <gtest/gtest.h>

#include <string>

#include "core/log.hh"

namespace
{
template <class... Args>
std::string formatted(std::string_view text, const Args&... args)
{
    char buffer[64];
    return {buffer, klog::format(buffer, sizeof buffer, text, args...)};
}

TEST(format, numbers)
{
    EXPECT_EQ(formatted("{} {} {}", 0, -7, 42u), "0 -7 42");
    EXPECT_EQ(formatted("{}", std::numeric_limits<s64>::min()), "-9223372036854775808");
    EXPECT_EQ(formatted("{}", ~u64{0}), "18446744073709551615");
    EXPECT_EQ(formatted("{x} {x}", 0, 0xdeadbeefu), "0x0 0xdeadbeef");
}

TEST(format, text_and_addresses)
{
    EXPECT_EQ(formatted("{}-{}-{}", "a", std::string_view("bc"), 'd'), "a-bc-d");
    EXPECT_EQ(formatted("{} {}", true, false), "true false");
    EXPECT_EQ(formatted("{} {}", phys_addr(0x1000), virt_addr(16)), "0x1000 0x10");
    EXPECT_EQ(formatted("error {}", errc::enoent), "error 2");
}

TEST(format, braces_that_are_no_arguments)
{
    EXPECT_EQ(formatted("{ } {y} }{", 1), "{ } {y} }{");
    EXPECT_EQ(formatted("{} and {}", 1), "1 and ");
}

TEST(format, cuts_what_does_not_fit)
{
    char buffer[4];
    EXPECT_EQ(klog::format(buffer, sizeof buffer, "{}", 123456), 4u);
    EXPECT_EQ(std::string(buffer, 4), "1234");
    EXPECT_EQ(klog::format(buffer, 0, "abc"), 0u);
}
} // namespace
