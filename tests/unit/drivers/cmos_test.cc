// The date in all formats of the chip.
#include <gtest/gtest.h>

#include "drivers/cmos/cmos.hh"

namespace
{
s64 seconds_of(const cmos::clock_registers& r)
{
    const auto t = cmos::decode(r);
    return t ? t->count() / 1'000'000'000 : -1;
}
constexpr u8 binary = 4, hours_24 = 2;
} // namespace

TEST(cmos, formats)
{
    // 2024-02-29 23:58:07
    constexpr s64 expected = 1709251087;
    EXPECT_EQ(seconds_of({0x07, 0x58, 0x23, 0x29, 0x02, 0x24, 0x20, hours_24}), expected);
    EXPECT_EQ(seconds_of({7, 58, 23, 29, 2, 24, 20, hours_24 | binary}), expected);
    EXPECT_EQ(seconds_of({0x07, 0x58, 0x91, 0x29, 0x02, 0x24, 0x20, 0}), expected); // 11 in the afternoon
    EXPECT_EQ(seconds_of({0x07, 0x58, 0x23, 0x29, 0x02, 0x24, 0, hours_24}), expected);
    EXPECT_EQ(seconds_of({0, 0, 0x12, 0x01, 0x01, 0x70, 0x19, 0}), 0); // midnight is 12 in the morning
    EXPECT_EQ(seconds_of({0, 0, 0x92, 0x01, 0x01, 0x70, 0x19, 0}), 43200);
}

TEST(cmos, nonsense_is_no_date)
{
    EXPECT_EQ(seconds_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), -1);
    EXPECT_EQ(seconds_of({0, 0, 0, 0, 1, 0x24, 0x20, hours_24}), -1);
    EXPECT_EQ(seconds_of({0, 0, 0, 1, 0x13, 0x24, 0x20, hours_24}), -1);
    EXPECT_EQ(seconds_of({0, 0x60, 0, 1, 1, 0x24, 0x20, hours_24}), -1);
}
