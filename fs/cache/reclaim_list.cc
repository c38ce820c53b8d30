#include "fs/cache/reclaim_list.hh"

#include <new>

#include "core/mm/thrashing.hh"

namespace cache
{
namespace
{
constinit spinlock list_lock{lock_rank::reclaim};

/// Boost's lists have no constant initialisation: this one is made at first use, under the lock, and never
/// destroyed.
alignas(reclaim_list::list) constinit std::byte list_storage[sizeof(reclaim_list::list)]{};
constinit bool list_exists = false;

reclaim_list::list& pages_locked() REQUIRES(list_lock)
{
    if (!list_exists) {
        new (list_storage) reclaim_list::list;
        list_exists = true;
    }
    return *std::launder(reinterpret_cast<reclaim_list::list*>(list_storage));
}

class page_cache_reclaimer final : public mm::reclaimer
{
  public:
    size_t reclaim(size_t wanted) override { return reclaim_list::reclaim(wanted); }
};
constinit page_cache_reclaimer reclaimer;
} // namespace

void register_reclaimer()
{
    mm::register_reclaimer(reclaimer);
}

void reclaim_list::add(page& p)
{
    lock_guard guard{list_lock};
    if (!std::exchange(p.listed, true))
        pages_locked().push_back(p);
}

void reclaim_list::remove(page& p)
{
    lock_guard guard{list_lock};
    if (std::exchange(p.listed, false))
        pages_locked().erase(pages_locked().iterator_to(p));
}

/// Moves the clock's hand by one page. A page that was used since the last visit gets its second chance:
/// `used` is then true. Empty owner: the list is empty, or the page's object is dying.
reclaim_list::visit reclaim_list::next()
{
    lock_guard guard{list_lock};
    auto& pages = pages_locked();
    if (pages.empty())
        return {};
    page& first = pages.front();
    pages.splice(pages.end(), pages, pages.begin());
    if (!first.object->try_add_ref())
        return {};
    return {ref_ptr<cached_object>::adopt(first.object), first.index,
            first.used.exchange(false, std::memory_order_relaxed)};
}

size_t reclaim_list::reclaim(size_t wanted)
{
    size_t cached = 0;
    WITH_LOCK(list_lock)
    {
        cached = pages_locked().size();
    }
    size_t visits = 2 * cached; // the first round takes the second chances away
    size_t freed = 0;
    for (; visits > 0 && freed < wanted; visits--) {
        const auto at = next();
        if (!at.owner)
            continue;
        if (!at.used) {
            if (!at.owner->try_reclaim(at.index))
                continue;
            mm::note_eviction(*at.owner, at.index, cached);
            freed++;
        } else if (at.owner->is_mapped()) {
            at.owner->unmap_everywhere(at.index, 1); // who still uses it faults, which marks it used again
        }
    }
    return freed;
}
} // namespace cache
