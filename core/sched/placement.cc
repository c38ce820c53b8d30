// On which CPU a thread runs: chosen when it becomes ready, corrected by idle CPUs that pull and busy ones
// that push.
#include "arch/ipi.hh"
#include "arch/smp.hh"
#include "core/sched/cpu.hh"

namespace sched
{
namespace
{
cpu* least_loaded(const cpu_set& allowed, unsigned (*load_of)(const cpu&))
{
    cpu* best = nullptr;
    unsigned least = ~0u;
    for (unsigned n = 0; n < arch::cpu_count(); n++) {
        cpu* c = allowed.contains(n) ? cpu::nth(n) : nullptr;
        if (c && load_of(*c) < least) {
            best = c;
            least = load_of(*c);
        }
    }
    return best;
}
} // namespace

cpu& cpu::choose_among_many(thread& t, run_queue::arrival how)
{
    const cpu_set& allowed = t.entity::affinity;
    cpu* previous = t._cpu.load(std::memory_order_relaxed);
    const bool stay =
        how != run_queue::arrival::new_thread && previous && allowed.contains(previous->_number);
    if (stay && previous->is_idle())
        return *previous;
    cpu* best = least_loaded(allowed, [](const cpu& c) { return c.load(); });
    if (!best)
        return this_cpu(); // none of the allowed CPUs is up yet: it moves when one is
    if (stay && !best->is_idle())
        return *previous;
    return *best;
}

bool cpu::move_one(cpu& from, cpu& to) NO_THREAD_SAFETY_ANALYSIS
{
    cpu& first = from._number < to._number ? from : to;
    cpu& second = &first == &from ? to : from;
    const auto state = arch::irq_save();
    first._lock.lock_irqs_off();
    second._lock.lock_irqs_off();
    entity* e = from._queue.find_movable(to._number);
    if (e) {
        from._queue.remove(*e);
        from._load.fetch_sub(1, std::memory_order_relaxed);
        to.enqueue_locked(thread_of(*e), run_queue::arrival::preempted);
    }
    second._lock.unlock_irqs_off();
    first._lock.unlock_irqs_off();
    arch::irq_restore(state);
    return e != nullptr;
}

bool cpu::pull_work()
{
    cpu* busiest = nullptr;
    unsigned most = 0;
    for (unsigned n = 0; n < arch::cpu_count(); n++) {
        cpu* c = nth(n);
        const unsigned waiting = c && c != this ? c->_load.load(std::memory_order_relaxed) : 0;
        if (waiting > most) {
            busiest = c;
            most = waiting;
        }
    }
    return busiest && move_one(*busiest, *this);
}

void cpu::push_surplus()
{
    if (arch::cpu_count() == 1 || load() < 2)
        return;
    cpu* target = least_loaded(cpu_set::all(), [](const cpu& c) { return c.load(); });
    if (target && target != this && target->load() + 2 <= load() && move_one(*this, *target))
        arch::send_reschedule(target->_number);
}
} // namespace sched
