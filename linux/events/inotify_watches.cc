// The watches: which inode has which, and what a change becomes in the queues of those who watch.
#include "linux/events/inotify_watches.hh"

#include <array>

namespace linux
{
constinit spinlock watch_lock{lock_rank::watches};
constinit inotify_limits the_inotify_limits;

namespace
{
constexpr size_t bucket_count = 64;
constinit std::array<inotify::watch*, bucket_count> buckets GUARDED_BY(watch_lock){};
constinit size_t watch_count GUARDED_BY(watch_lock) = 0;

inotify::watch*& bucket_of(const vfs::inode& target) REQUIRES(watch_lock)
{
    constexpr unsigned shift = 6; // inodes lie at least so far apart
    return buckets[(reinterpret_cast<u64>(&target) >> shift) % bucket_count];
}

/// The watches of a list that is no one's any more. Not under the lock: inodes may end.
void free_watches(inotify::watch* list)
{
    while (list)
        delete std::exchange(list, list->next);
}
} // namespace

void inotify::detach_locked(watch& w)
{
    watch** link = &bucket_of(*w.target);
    while (*link != &w)
        link = &(*link)->next;
    *link = w.next;
    _watches.erase(static_cast<u64>(w.number));
    if (--watch_count == 0)
        vfs::the_change_listener.store(nullptr, std::memory_order_relaxed);
    w.next = nullptr;
}

result<inotify::watch*> inotify::make_watch(vfs::inode& target, u32 mask)
{
    auto made = TRY(try_make_unique<watch>(ref_ptr<vfs::inode>(target), *this, mask));
    return made.release();
}

result<int> inotify::add_watch(vfs::inode& target, u32 mask)
{
    const u32 kept = mask & (in_all_events | in_exclude_unlinked | in_oneshot);
    watch* const fresh = TRY(make_watch(target, kept));
    watch* unused = fresh;
    const auto number = [&]() -> result<int> {
        lock_guard guard{watch_lock};
        watch*& first = bucket_of(target);
        for (watch* w = first; w; w = w->next) {
            if (&w->by != this || w->target.get() != &target)
                continue;
            if (mask & in_mask_create)
                return fail(errc::eexist);
            w->mask = mask & in_mask_add ? w->mask | kept : kept;
            return w->number;
        }
        if (watch_count >= the_inotify_limits.watches.load(std::memory_order_relaxed))
            return fail(errc::enospc);
        do
            _last_number = _last_number == largest_watch_number ? 1 : _last_number + 1;
        while (_watches.find(static_cast<u64>(_last_number)));
        fresh->number = _last_number;
        TRY(_watches.insert(static_cast<u64>(_last_number), *fresh));
        fresh->next = first;
        first = std::exchange(unused, nullptr);
        watch_count++;
        vfs::the_change_listener.store(told, std::memory_order_relaxed);
        return _last_number;
    }();
    delete unused;
    return number;
}

result<void> inotify::remove_watch(int number)
{
    watch* found = nullptr;
    WITH_LOCK(watch_lock)
    {
        found = number > 0 ? _watches.find(static_cast<u64>(number)) : nullptr;
        if (found) {
            queue_locked(number, in_ignored, 0, {});
            detach_locked(*found);
        }
    }
    free_watches(found);
    return found ? result<void>{} : result<void>(fail(errc::einval));
}

void inotify::remove_all_watches()
{
    for (;;) {
        watch* w;
        WITH_LOCK(watch_lock)
        {
            u64 number;
            w = _watches.next(0, &number);
            if (w)
                detach_locked(*w);
        }
        if (!w)
            return;
        free_watches(w);
    }
}

/// Whether the watch has ended by it.
bool inotify::deliver_locked(watch& w, const vfs::change& what)
{
    const bool excluded = what.name_is_gone && (w.mask & in_exclude_unlinked);
    const u32 events = excluded ? 0 : what.events & w.mask & in_all_events;
    if (events) {
        constexpr u32 of_itself = vfs::change_event::gone | vfs::change_event::moved;
        const u32 kind = events & of_itself ? 0 : what.events & in_is_directory; // as inotify(7) says
        queue_locked(w.number, events | kind, what.cookie, what.name);
    }
    if (!(what.events & vfs::change_event::gone) && !(events && (w.mask & in_oneshot)))
        return false;
    queue_locked(w.number, in_ignored, 0, {});
    return true;
}

void inotify::told(const vfs::change& what)
{
    watch* ended = nullptr;
    WITH_LOCK(watch_lock)
    {
        for (watch *w = bucket_of(what.where), *next; w; w = next) {
            next = w->next;
            if (w->target.get() != &what.where || !w->by.deliver_locked(*w, what))
                continue;
            w->by.detach_locked(*w);
            w->next = std::exchange(ended, w);
        }
    }
    free_watches(ended);
}
} // namespace linux
