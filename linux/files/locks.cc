#include "linux/files/locks.hh"

#include <algorithm>

#include "core/base/intrusive.hh"
#include "core/base/make_unique.hh"
#include "core/sync/mutex.hh"

namespace linux
{
namespace
{
struct held {
    file_locks::request what;
    list_hook hook; // table.lock
};
using held_list = intrusive::list<held, intrusive::member_hook<held, list_hook, &held::hook>,
                                  intrusive::constant_time_size<false>>;

struct lock_table {
    mutex lock{lock_rank::generic_mutex};
    wait_queue released;
    std::atomic<size_t> count{0};
    // Made on first use: an intrusive list cannot be constant-initialised.
    held_list* locks GUARDED_BY(lock) = nullptr;
};
constinit lock_table table;

bool same_owner(const file_locks::owner& a, const file_locks::owner& b)
{
    return a.who == b.who;
}

bool same_file(const file_locks::request& a, const file_locks::request& b)
{
    return a.inode == b.inode && a.kind == b.kind;
}

bool overlap(const file_locks::request& a, const file_locks::request& b)
{
    return a.start < b.end && b.start < a.end;
}

bool in_the_way(const file_locks::request& there, const file_locks::request& wanted)
{
    return same_file(there, wanted) && !same_owner(there.by, wanted.by) && overlap(there, wanted) &&
           (there.how == file_locks::mode::exclusive || wanted.how == file_locks::mode::exclusive);
}

const held* blocker(const file_locks::request& wanted) REQUIRES(table.lock)
{
    if (table.locks)
        for (const held& h : *table.locks)
            if (in_the_way(h.what, wanted))
                return &h;
    return nullptr;
}

result<void> insert(const file_locks::request& what) REQUIRES(table.lock)
{
    if (!table.locks)
        table.locks = TRY(try_make_unique<held_list>()).release();
    auto entry = TRY(try_make_unique<held>());
    entry->what = what;
    table.locks->push_back(*entry.release());
    table.count.fetch_add(1, std::memory_order_relaxed);
    return {};
}

void erase(held& h) REQUIRES(table.lock)
{
    table.locks->erase(table.locks->iterator_to(h));
    table.count.fetch_sub(1, std::memory_order_relaxed);
    delete &h;
}

/// Removes the wanted range from what its owner holds. A lock that sticks out on both sides becomes two.
result<void> cut(const file_locks::request& wanted) REQUIRES(table.lock)
{
    if (!table.locks)
        return {};
    for (auto it = table.locks->begin(); it != table.locks->end();) {
        held& h = *it++;
        if (!same_file(h.what, wanted) || !same_owner(h.what.by, wanted.by) || !overlap(h.what, wanted))
            continue;
        const auto old = h.what;
        if (old.start < wanted.start && old.end > wanted.end) {
            auto behind = old;
            behind.start = wanted.end;
            TRY(insert(behind));
            h.what.end = wanted.start;
        } else if (old.start < wanted.start) {
            h.what.end = wanted.start;
        } else if (old.end > wanted.end) {
            h.what.start = wanted.end;
        } else {
            erase(h);
        }
    }
    return {};
}
} // namespace

bool file_locks::any()
{
    return table.count.load(std::memory_order_relaxed) != 0;
}

result<void> file_locks::acquire(const request& wanted, waiting wait)
{
    lock_guard guard{table.lock};
    if (blocker(wanted)) {
        if (wait == waiting::no)
            return fail(errc::eagain);
        // A whole-file lock that is being converted is lost while its owner waits (flock(2)).
        if (wanted.kind == family::whole_file)
            TRY(cut(wanted));
        TRY(wait_until(table.released, table.lock, [&]() REQUIRES(table.lock) { return !blocker(wanted); },
                       {.interruptible = true}));
    }
    TRY(cut(wanted));
    TRY(insert(wanted));
    table.released.wake_all(); // an exclusive lock may have become a shared one
    return {};
}

result<void> file_locks::release(const request& wanted)
{
    lock_guard guard{table.lock};
    TRY(cut(wanted));
    table.released.wake_all();
    return {};
}

std::optional<file_locks::conflict> file_locks::find_conflict(const request& wanted)
{
    lock_guard guard{table.lock};
    const held* h = blocker(wanted);
    if (!h)
        return std::nullopt;
    return conflict{h->what.how, h->what.start, h->what.end, h->what.by.is_file};
}

void file_locks::release_all(owner by, const vfs::inode* inode)
{
    lock_guard guard{table.lock};
    if (!table.locks)
        return;
    for (auto it = table.locks->begin(); it != table.locks->end();) {
        held& h = *it++;
        if (same_owner(h.what.by, by) && (!inode || h.what.inode == inode))
            erase(h);
    }
    table.released.wake_all();
}
} // namespace linux
