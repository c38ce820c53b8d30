#include "core/mm/reclaim.hh"

#include <atomic>

namespace mm
{
namespace
{
/// Reclaimers are only ever added, so the list is read without a lock.
constinit std::atomic<reclaimer*> first_reclaimer{nullptr};
} // namespace

void register_reclaimer(reclaimer& r)
{
    reclaimer* first = first_reclaimer.load(std::memory_order_relaxed);
    do
        r.next_registered = first;
    while (
        !first_reclaimer.compare_exchange_weak(first, &r, std::memory_order_release)); // pairs with the loads
}

size_t reclaim_frames(size_t wanted)
{
    size_t freed = 0;
    for (reclaimer* r = first_reclaimer.load(std::memory_order_acquire); r && freed < wanted;
         r = r->next_registered)
        freed += r->reclaim(wanted - freed);
    return freed;
}

void kick_reclaimers()
{
    for (reclaimer* r = first_reclaimer.load(std::memory_order_acquire); r; r = r->next_registered)
        r->memory_low();
}
} // namespace mm
