// Layout of signal frames against what Linux puts on the host's stack, and what sigreturn accepts.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

#include "linux/signal/frame.hh"

namespace
{
constexpr size_t avx_state_size = 832;

TEST(signal_frame, lies_like_behind_a_call)
{
    for (u64 sp = 0x7fff00000000; sp < 0x7fff00000100; sp += 8) {
        const auto place = linux::place_signal_frame(sp, avx_state_size);
        EXPECT_EQ(place.frame.value % 16, 8u);
        EXPECT_EQ(place.fpstate.value % 64, 0u);
        EXPECT_LE(place.fpstate.value + avx_state_size + 4, sp);
        EXPECT_LE(place.frame.value + sizeof(linux::rt_sigframe), place.fpstate.value);
        EXPECT_LE(sp - place.frame.value + 128, linux::maximum_signal_frame(avx_state_size));
    }
}

TEST(signal_frame, registers_come_back)
{
    arch::trap_frame before{};
    for (size_t i = 0; i < 15; i++)
        (&before.r15)[i] = 0x1000 + i;
    before.rip = 0x401000;
    before.rsp = 0x7ffe00001230;
    before.rflags = 0x246;
    before.vector = arch::trap_frame::syscall_vector;
    linux::sigcontext saved{};
    linux::store_registers(saved, before);
    EXPECT_EQ(saved.cs, 0x33);
    EXPECT_EQ(saved.ss, 0x2b);
    auto after = before;
    memset(&after.r15, 0, 15 * 8);
    after.rip = after.rsp = 0;
    ASSERT_TRUE(linux::load_registers(after, saved));
    EXPECT_EQ(memcmp(&before.r15, &after.r15, 15 * 8), 0);
    EXPECT_EQ(after.rip, before.rip);
    EXPECT_EQ(after.rsp, before.rsp);
    EXPECT_EQ(after.rflags, before.rflags);
}

TEST(signal_frame, a_program_cannot_return_into_the_kernel)
{
    arch::trap_frame frame{};
    linux::sigcontext saved{};
    for (const u64 rip : {u64{0x7ffffffff000}, u64{0x800000000000}, u64{0xffffffff80000000}, ~u64{0}}) {
        saved.rip = rip;
        EXPECT_FALSE(linux::load_registers(frame, saved));
    }
}

TEST(signal_frame, flags_that_are_the_kernels_stay)
{
    arch::trap_frame frame{};
    frame.rflags = 0x202;
    linux::sigcontext saved{};
    saved.rflags = ~u64{0};
    ASSERT_TRUE(linux::load_registers(frame, saved));
    EXPECT_EQ(frame.rflags & 0x7000, 0u) << "IOPL and NT";
    EXPECT_EQ(frame.rflags & 0x200, 0x200u) << "IF";
    saved.rflags = 0;
    ASSERT_TRUE(linux::load_registers(frame, saved));
    EXPECT_EQ(frame.rflags & 0x200, 0x200u) << "IF cannot be switched off";
}

TEST(signal_frame, marks_of_the_extended_state)
{
    std::vector<std::byte> area(avx_state_size + 4);
    EXPECT_FALSE(linux::is_marked_extended_state(area));
    linux::mark_extended_state(area, 7);
    EXPECT_TRUE(linux::is_marked_extended_state(area));
    linux::fpstate_software_bytes marks;
    memcpy(&marks, &area[linux::fpstate_software_offset], sizeof marks);
    EXPECT_EQ(marks.extended_size, avx_state_size + 4);
    EXPECT_EQ(marks.xstate_size, avx_state_size);
    EXPECT_EQ(marks.features, 7u);
    area.back() = std::byte{0};
    EXPECT_FALSE(linux::is_marked_extended_state(area)) << "the second magic number is gone";
}

TEST(signal_frame, alternate_stack_bounds)
{
    linux::stack alternate{.base = 0x10000, .flags = 0, .pad0 = 0, .size = 0x2000};
    EXPECT_FALSE(linux::is_on_stack(alternate, 0x10000));
    EXPECT_TRUE(linux::is_on_stack(alternate, 0x10001));
    EXPECT_TRUE(linux::is_on_stack(alternate, 0x12000));
    EXPECT_FALSE(linux::is_on_stack(alternate, 0x12001));
    alternate.flags = linux::ss_autodisarm;
    EXPECT_FALSE(linux::is_on_stack(alternate, 0x11000));
}
} // namespace
