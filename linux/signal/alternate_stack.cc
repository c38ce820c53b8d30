// Setting and describing alternate stacks; see alternate_stack.hh.
#include "linux/signal/alternate_stack.hh"

#include "linux/signal/frame.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
constexpr u64 minimum_size = 2048; // MINSIGSTKSZ
}

result<void> set_alternate_stack(task& self, const stack& wanted)
{
    if (is_on_stack(self.alternate_stack, self.application_frame().rsp))
        return fail(errc::eperm);
    const s32 mode = wanted.flags & ~ss_autodisarm;
    if (mode != 0 && mode != ss_onstack && mode != ss_disable)
        return fail(errc::einval);
    if (mode == ss_disable) {
        self.alternate_stack = {.base = 0, .flags = wanted.flags, .pad0 = 0, .size = 0};
        return {};
    }
    if (wanted.size < minimum_size)
        return fail(errc::enomem);
    self.alternate_stack = wanted;
    self.alternate_stack.pad0 = 0;
    self.alternate_stack.flags &= ~ss_onstack;
    return {};
}

stack describe_alternate_stack(const task& self, u64 sp)
{
    stack described = self.alternate_stack;
    described.flags &= ss_autodisarm;
    if (described.size == 0)
        described.flags |= ss_disable;
    else if (is_on_stack(self.alternate_stack, sp))
        described.flags |= ss_onstack;
    return described;
}
} // namespace linux
