// What an interrupted call becomes, for every restart code and kind of handler (signal(7)).
#include <gtest/gtest.h>

#include "core/base/error.hh"
#include "linux/signal/restart_rules.hh"

namespace
{
using linux::handler_kind;
constexpr u64 call_number = 0;
constexpr u64 after_syscall = 0x401002;

arch::trap_frame interrupted(errc code)
{
    arch::trap_frame f{};
    f.vector = arch::trap_frame::syscall_vector;
    f.error_code = call_number;
    f.rip = after_syscall;
    f.rax = static_cast<u64>(-static_cast<s64>(code));
    return f;
}

enum class outcome { eintr, again, by_restart_syscall };

outcome after(errc code, handler_kind handler)
{
    auto f = interrupted(code);
    linux::apply_restart_rules(f, handler);
    if (f.rip == after_syscall) {
        EXPECT_EQ(static_cast<s64>(f.rax), -static_cast<s64>(errc::eintr));
        return outcome::eintr;
    }
    EXPECT_EQ(f.rip, after_syscall - 2);
    return f.rax == call_number ? outcome::again : outcome::by_restart_syscall;
}

TEST(restart, depends_on_code_and_handler)
{
    EXPECT_EQ(after(errc::erestartsys, handler_kind::none), outcome::again);
    EXPECT_EQ(after(errc::erestartsys, handler_kind::plain), outcome::eintr);
    EXPECT_EQ(after(errc::erestartsys, handler_kind::restarting), outcome::again);
    EXPECT_EQ(after(errc::erestartnointr, handler_kind::plain), outcome::again);
    EXPECT_EQ(after(errc::erestartnohand, handler_kind::none), outcome::again);
    EXPECT_EQ(after(errc::erestartnohand, handler_kind::restarting), outcome::eintr);
    EXPECT_EQ(after(errc::erestart_restartblock, handler_kind::none), outcome::by_restart_syscall);
    EXPECT_EQ(after(errc::erestart_restartblock, handler_kind::restarting), outcome::eintr);
}

TEST(restart, leaves_other_frames_alone)
{
    auto f = interrupted(errc::eagain);
    linux::apply_restart_rules(f, handler_kind::none);
    EXPECT_EQ(f.rip, after_syscall);
    auto trap = interrupted(errc::erestartsys);
    trap.vector = 14;
    linux::apply_restart_rules(trap, handler_kind::none);
    EXPECT_EQ(trap.rip, after_syscall);
}
} // namespace
