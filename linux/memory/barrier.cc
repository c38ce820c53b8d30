// membarrier(2): a full barrier on every CPU that runs the program.
//
// Every other CPU is interrupted, which orders its memory accesses. Without the CPU hint of
// PRIVATE_EXPEDITED_RSEQ, as restartable sequences are not offered.
#include "arch/ipi.hh"
#include "linux/abi/mman.hh"
#include "linux/memory/calls.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
constexpr int supported = membarrier_global | membarrier_global_expedited |
                          membarrier_register_global_expedited | membarrier_private_expedited |
                          membarrier_register_private_expedited;
} // namespace

result<int> sys_membarrier(int command, u32 flags, int)
{
    if (flags != 0)
        return fail(errc::einval);
    auto& owner = current_program();
    switch (command) {
    case membarrier_query:
        return supported;
    case membarrier_private_expedited:
        if (!owner.uses_private_barriers.load(std::memory_order_relaxed))
            return fail(errc::eperm);
        [[fallthrough]];
    case membarrier_global:
    case membarrier_global_expedited:
        arch::call_on_cpus(
            sched::cpu_set::all(), [](void*) {}, nullptr);
        return 0;
    case membarrier_register_private_expedited:
        owner.uses_private_barriers.store(true, std::memory_order_relaxed);
        return 0;
    case membarrier_register_global_expedited:
        return 0;
    default:
        return fail(errc::einval);
    }
}
} // namespace linux
