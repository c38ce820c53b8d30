// The arithmetic of futexes: hashing, and FUTEX_WAKE_OP's little language (futex(2)).
#include <gtest/gtest.h>

#include <array>

#include <linux/futex.h>

#include "linux/futex/key.hh"
#include "linux/futex/wake_operation.hh"

namespace
{
TEST(futex_key, neighbours_spread_over_the_buckets)
{
    constexpr size_t buckets = 256;
    std::array<unsigned, buckets> load{};
    for (u64 i = 0; i < 16 * buckets; i++)
        load[linux::hash_futex_key(0xffff800001234560, 0x7f0000001000 + i * 64, buckets)]++;
    for (const unsigned n : load)
        EXPECT_LE(n, 48u) << "three times the mean";
}

TEST(wake_operation, computes_and_compares)
{
    auto run = [](int op, int argument, int comparison, int operand, u32 old) {
        return linux::apply_wake_operation(static_cast<u32>(FUTEX_OP(op, argument, comparison, operand)),
                                           old);
    };
    EXPECT_EQ(run(FUTEX_OP_SET, 5, FUTEX_OP_CMP_EQ, 1, 1)->new_value, 5u);
    EXPECT_TRUE(run(FUTEX_OP_SET, 5, FUTEX_OP_CMP_EQ, 1, 1)->wake_second);
    EXPECT_EQ(run(FUTEX_OP_ADD, -1, FUTEX_OP_CMP_GT, 1, 7)->new_value, 6u);
    EXPECT_EQ(run(FUTEX_OP_OR, 8, FUTEX_OP_CMP_NE, 7, 7)->new_value, 15u);
    EXPECT_FALSE(run(FUTEX_OP_OR, 8, FUTEX_OP_CMP_NE, 7, 7)->wake_second);
    EXPECT_EQ(run(FUTEX_OP_ANDN, 3, FUTEX_OP_CMP_LT, 0, 7)->new_value, 4u);
    EXPECT_EQ(run(FUTEX_OP_XOR, 1, FUTEX_OP_CMP_LE, 7, 7)->new_value, 6u);
    EXPECT_EQ(run(FUTEX_OP_SET | FUTEX_OP_OPARG_SHIFT, 4, FUTEX_OP_CMP_GE, 0, 0)->new_value, 16u);
    EXPECT_TRUE(run(FUTEX_OP_SET, 0, FUTEX_OP_CMP_LT, 0, 0xffffffff)->wake_second) << "signed";
}

TEST(wake_operation, refuses_what_does_not_exist)
{
    EXPECT_EQ(linux::apply_wake_operation(0x5u << 28, 0).error(), errc::enosys);
    EXPECT_EQ(linux::apply_wake_operation(0x7u << 24, 0).error(), errc::enosys);
}
} // namespace
