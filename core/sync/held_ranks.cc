// The list of held locks and the alarm when their order is broken; see held_ranks.hh.
#ifdef KILN_DEBUG

#include "core/sync/held_ranks.hh"

#include <algorithm>

#include "core/base/assert.hh"
#include "core/log.hh"

namespace
{
// Two locks of one rank may be held together: queues of two CPUs, two futex buckets or ends of a connection
// (lower address first), parent and child directory.
bool may_repeat(lock_rank r)
{
    return r == lock_rank::run_queue || r == lock_rank::directory || r == lock_rank::pipe ||
           r == lock_rank::epoll || r == lock_rank::file_write || r == lock_rank::wait_queue ||
           r == lock_rank::futex_bucket || r == lock_rank::connection;
}
} // namespace

void held_ranks::check_order(lock_rank rank) const
{
    for (size_t i = 0; i < _count; i++)
        if (_ranks[i] > rank || (_ranks[i] == rank && !may_repeat(rank))) {
            klog::line("lock rank {} taken while {} is held", static_cast<unsigned>(rank),
                       static_cast<unsigned>(_ranks[i]));
            panic("lock rank order");
        }
}

void held_ranks::add(lock_rank rank)
{
    if (_count == most_held)
        panic("too many locks held");
    _ranks[_count++] = rank;
}

void held_ranks::remove(lock_rank rank)
{
    const auto end = _ranks.begin() + _count;
    const auto from_last = std::find(std::reverse_iterator(end), _ranks.rend(), rank);
    if (from_last == _ranks.rend())
        panic("a lock was released that is not held");
    std::move(from_last.base(), end, from_last.base() - 1);
    _count--;
}

#endif
