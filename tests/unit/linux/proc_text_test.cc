// The generated text of /proc, and the patterns of its names.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "linux/proc/pattern.hh"
#include "linux/proc/text.hh"

TEST(text, numbers_and_columns)
{
    proc::text out;
    out.hex(0xabc, 8).add(" ").hex(0x123456789a, 4).add(" ").decimal(42, 6).add("\n");
    out.add("x:").pad_to(6).line("{}", 7);
    EXPECT_EQ(out.view(), "00000abc 123456789a     42\nx:    7\n");
}

TEST(text, grows)
{
    proc::text out;
    EXPECT_EQ(out.view(), "");
    for (int i = 0; i < 1000; i++)
        out.add("0123456789");
    EXPECT_EQ(out.view().size(), 10000u);
    EXPECT_FALSE(out.out_of_memory());
}

TEST(patterns, parts_of_a_directory)
{
    using proc::part_after;
    EXPECT_EQ(part_after("sys/kernel/version", "")->part, "sys");
    EXPECT_FALSE(part_after("sys/kernel/version", "")->is_leaf);
    EXPECT_EQ(part_after("sys/kernel/version", "sys/kernel/")->part, "version");
    EXPECT_TRUE(part_after("sys/kernel/version", "sys/kernel/")->is_leaf);
    EXPECT_FALSE(part_after("meminfo", "sys/"));
    const auto number = part_after("{pid}/fd/{fd}", "{pid}/fd/");
    ASSERT_TRUE(number && number->is_number());
    EXPECT_EQ(number->kind(), "fd");
    EXPECT_EQ(number->letters(), "");
    const auto cpu = part_after("cpu/cpu{cpu}/topology", "cpu/");
    ASSERT_TRUE(cpu && cpu->is_number());
    EXPECT_EQ(cpu->letters(), "cpu");
    EXPECT_EQ(cpu->kind(), "cpu");
}

TEST(patterns, numbers)
{
    EXPECT_EQ(proc::parse_number("17", ""), 17u);
    EXPECT_EQ(proc::parse_number("cpu3", "cpu"), 3u);
    EXPECT_EQ(proc::parse_number("0", ""), 0u);
    for (const char* bad : {"", "01", "x", "1x", "-1", "99999999999"})
        EXPECT_FALSE(proc::parse_number(bad, "")) << bad;
    EXPECT_FALSE(proc::parse_number("3", "cpu"));
}
