// Deferred work on the host: each host thread is a CPU, which runs its work when the test says so.
#include "core/sched/deferred_queue.hh"

namespace sched
{
namespace
{
thread_local deferred_queue queue;
}

void deferred_work::raise()
{
    queue.raise(*this);
}

bool deferred_work_pending()
{
    return !queue.empty();
}

void run_deferred_work()
{
    while (deferred_work_pending())
        queue.run_round();
}
} // namespace sched
