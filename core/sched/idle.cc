// The idle thread: what a CPU does when no thread wants it. It pulls work, spins for a short while because
// waking a halted CPU is expensive, then halts until an interrupt.
#include "arch/cpu.hh"
#include "arch/scheduler_hooks.hh"
#include "arch/smp.hh"
#include "core/sched/cpu.hh"
#include "core/sched/reaper.hh"

namespace sched
{
namespace
{
constinit std::atomic<cpu*> cpus[max_cpus] = {};

// A cross-CPU wake-up of a halted CPU costs 80 to 170 us under emulation and about 5 us on hardware.
constexpr unsigned spins_before_halt = 200;
} // namespace

cpu* cpu::nth(unsigned number)
{
    return cpus[number].load(std::memory_order_acquire);
}

result<void> cpu::create(unsigned number, arch::percpu& block)
{
    auto idle = TRY(thread::create_idle(number));
    cpu* c = new (std::nothrow) cpu(number, std::move(idle));
    if (!c)
        return fail(errc::enomem);
    arch::set_scheduler_cpu(block, *c);
    return {};
}

void cpu::join()
{
    WITH_LOCK(_lock)
    {
        _running = _idle.get();
        _idle->_state.store(thread_state::running, std::memory_order_relaxed);
        _idle->_cpu.store(this, std::memory_order_relaxed);
        _idle->_running_since = timekeeping::now();
        _idling.store(true, std::memory_order_relaxed);
    }
    arch::adopt_current_stack(*_idle);
    cpus[_number].store(this, std::memory_order_release);
}

bool cpu::has_something_to_do() const
{
    return _load.load(std::memory_order_relaxed) != 0 || deferred_work_pending();
}

void cpu::run_idle_thread()
{
    for (;;) {
        arch::irq_disable();
        _idle->_context.attention().store(0, std::memory_order_relaxed);
        preempt_current(); // returns when there is nothing to run
        arch::irq_enable();
        reap_dead_threads();
        run_deferred_work();
        if (arch::cpu_count() > 1) {
            if (pull_work())
                continue;
            for (unsigned i = 0; i < spins_before_halt && !has_something_to_do(); i++)
                arch::cpu_relax();
        }
        arch::irq_disable();
        if (!has_something_to_do())
            arch::halt_until_interrupt();
        arch::irq_enable();
    }
}
} // namespace sched
