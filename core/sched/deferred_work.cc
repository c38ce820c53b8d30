// Where deferred work runs: inline for a few rounds, then in the thread work/N of its CPU; see
// deferred_work.hh.
#include "core/sched/deferred_work.hh"

#include "core/log.hh"
#include "core/sched/attention.hh"
#include "core/sched/cpu.hh"

namespace sched
{
namespace
{
constexpr unsigned rounds_inline = 8;

void request_attention()
{
    current().context().attention().fetch_or(attention::deferred_work, std::memory_order_relaxed);
}

/// The thread work/N: has the queue while there is something in it, and takes turns with other threads.
void work_thread(void* argument)
{
    auto& queue = *static_cast<deferred_queue*>(argument);
    for (;;) {
        queue.run_round();
        // What an interrupt raises from here on is nobody's but who returns to the application or idles.
        const auto interrupts = arch::irq_save();
        queue.worker_has_it = !queue.empty();
        arch::irq_restore(interrupts);
        if (queue.worker_has_it) {
            yield();
            continue;
        }
        const auto handed_over = [&] { return queue.worker_has_it; };
        ensure(wait_until(queue.handed_over, handed_over).has_value()); // no deadline, not interruptible
    }
}

/// Errors: enomem.
result<void> make_worker(deferred_queue& queue)
{
    const unsigned here = arch::current_cpu();
    char name[16];
    const size_t length = klog::format(name, sizeof name, "work/{}", here);
    auto worker = TRY(thread::create(std::string_view(name, length), work_thread, &queue));
    TRY(worker->set_affinity(cpu_set::only(here)));
    queue.worker = worker.leak(); // it never ends
    return {};
}

/// Without memory for a thread the work stays, and runs at the next occasion.
[[gnu::noinline]] void hand_over(deferred_queue& queue)
{
    const bool first_time = !queue.worker;
    if (first_time && !make_worker(queue))
        return request_attention();
    const auto interrupts = arch::irq_save();
    queue.worker_has_it = true;
    if (first_time)
        queue.worker->start();
    else
        queue.handed_over.wake_one();
    arch::irq_restore(interrupts);
}
} // namespace

void deferred_work::raise()
{
    const auto interrupts = arch::irq_save();
    auto& queue = cpu::this_cpu().deferred();
    if (queue.raise(*this) && !queue.worker_has_it)
        request_attention();
    arch::irq_restore(interrupts);
}

bool deferred_work_pending()
{
    const auto& queue = cpu::this_cpu().deferred();
    return !queue.empty() && !queue.worker_has_it;
}

void run_deferred_work()
{
    auto& queue = cpu::this_cpu().deferred();
    for (unsigned round = 0; !queue.empty() && !queue.worker_has_it; round++) {
        if (round == rounds_inline)
            return hand_over(queue);
        queue.run_round();
    }
}
} // namespace sched
