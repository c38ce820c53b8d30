// All clean pages of the page cache in the order in which reclaim visits them.
//
// Locking: one spinlock (rank reclaim). A page on the list keeps nothing alive: its object takes it off
// before it dies, so whoever holds the lock may try_add_ref() the object of a page on the list.
#pragma once

#include "core/mm/reclaim.hh"
#include "core/sync/spinlock.hh"
#include "fs/cache/cached_object.hh"

namespace cache
{
class reclaim_list
{
  public:
    using page = cached_object::cached_page;
    using list = intrusive::list<page, intrusive::member_hook<page, list_hook, &page::hook>,
                                 intrusive::constant_time_size<true>>;

    static void add(page& p);
    /// Harmless if it is not on the list.
    static void remove(page& p);
    /// Returns how many frames came back.
    static size_t reclaim(size_t wanted);

  private:
    struct visit {
        ref_ptr<cached_object> owner;
        u64 index = 0;
        bool used = false;
    };
    static visit next();
};
} // namespace cache
