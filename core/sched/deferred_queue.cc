// Queueing and running; see deferred_queue.hh.
#include "core/sched/deferred_queue.hh"

#include "arch/cpu.hh"

namespace sched
{
void deferred_queue::append(deferred_work& work)
{
    work._next = nullptr;
    (_first ? _last->_next : _first) = &work;
    _last = &work;
}

deferred_work* deferred_queue::take_first()
{
    deferred_work* const work = _first;
    if (work)
        _first = work->_next;
    return work;
}

bool deferred_queue::raise(deferred_work& work)
{
    using state = deferred_work::state;
    const auto interrupts = arch::irq_save();
    auto seen = work._state.load(std::memory_order_relaxed);
    state next;
    do {
        next = seen == state::idle ? state::queued : seen == state::running ? state::again : seen;
        // The release pairs with run(): whoever runs it sees what was stored before the work was raised.
    } while (!work._state.compare_exchange_weak(seen, next, std::memory_order_acq_rel));
    if (seen == state::idle)
        append(work);
    arch::irq_restore(interrupts);
    return seen == state::idle;
}

void deferred_queue::run_round()
{
    const auto interrupts = arch::irq_save();
    const deferred_work* const last = empty() ? nullptr : _last;
    bool more = last != nullptr;
    while (more) {
        deferred_work* const work = take_first();
        more = work != last;
        arch::irq_restore(interrupts);
        run(*work);
        (void)arch::irq_save();
    }
    arch::irq_restore(interrupts);
}

void deferred_queue::run(deferred_work& work)
{
    using state = deferred_work::state;
    work._state.exchange(state::running, std::memory_order_acq_rel);
    const bool more = work._function(work);
    auto seen = state::running;
    if (!more && work._state.compare_exchange_strong(seen, state::idle, std::memory_order_acq_rel))
        return; // another CPU may run it by now
    const auto interrupts = arch::irq_save();
    work._state.store(state::queued, std::memory_order_release);
    append(work);
    arch::irq_restore(interrupts);
}
} // namespace sched
