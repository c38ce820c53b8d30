#include "linux/events/epoll.hh"

#include "linux/events/deadline.hh"
#include "linux/events/epoll_watch.hh"
#include "linux/events/watch_shard.hh"
#include "linux/files/file_end.hh"
#include "linux/files/file_kind.hh"

namespace linux
{
namespace
{
constexpr unsigned deepest_nesting = 5; // as Linux
constexpr u32 always = vfs::poll_event::error | vfs::poll_event::hang_up;
constexpr size_t shard_count = 128;

constinit std::array<watch_shard, shard_count> shards{};
constinit mutex nesting{lock_rank::epoll};

u32 interest_of(const epoll_event& event)
{
    return (event.events & ~epoll_flags) | always;
}
} // namespace

watch_shard& watch_shard::of(const vfs::file& file)
{
    const auto address = reinterpret_cast<u64>(&file);
    return shards[(address >> 6 ^ address >> 13) % shard_count];
}

void forget_watches(vfs::file& file)
{
    auto& shard = watch_shard::of(file);
    lock_guard guard{shard};
    while (watch* const w = shard.find(file)) {
        shard.remove(*w);
        watch_shard::set_of(*w).forget(*w);
    }
}

watch::watch(epoll_set& set, vfs::file& file, int descriptor, const epoll_event& event)
    : _set(set), _file(file), _descriptor(descriptor), _event(event), _interest(interest_of(event))
{
}

void watch::listen(wait_queue& queue)
{
    place* p = &_first_place;
    if (std::exchange(_listening, true)) {
        auto more = try_make_unique<place>();
        if (!more) {
            _out_of_memory = true;
            return;
        }
        (*more)->next = std::move(_more_places);
        _more_places = more.take();
        p = _more_places.get();
    }
    p->owner = this;
    p->queue = &queue;
    queue.add(*p, is_exclusive());
}

void watch::leave_queues()
{
    if (_listening)
        _first_place.queue->remove(_first_place);
    for (place* p = _more_places.get(); p; p = p->next.get())
        p->queue->remove(*p);
}

/// Whether a wake-up brings what an exclusive watch waits for, and not only something that it hears of too: a
/// thread that cannot use the event must not take it away from one that can. As Linux, to the bit.
bool watch::is_wanted(u32 news) const
{
    const u32 direction = news & (vfs::poll_event::in | vfs::poll_event::out);
    return direction == 0 || (std::has_single_bit(direction) && _event.events & direction);
}

/// The watch always stays in the file's queue.
waiter::reaction watch::wake(waiter& w, u32 key)
{
    auto& self = *static_cast<place&>(w).owner;
    if (!(key & self._interest.load(std::memory_order_relaxed)))
        return waiter::reaction::passed_on;
    const bool woken = self._set.mark_ready(self);
    return woken && self.is_exclusive() && self.is_wanted(key) ? waiter::reaction::taken_and_stays
                                                               : waiter::reaction::passed_on;
}

result<ref_ptr<epoll_set>> epoll_set::create()
{
    return make_ref<epoll_set>(TRY(kind_inode<epoll_set>()));
}

epoll_set::~epoll_set()
{
    for (;;) {
        const vfs::file* next = nullptr;
        WITH_LOCK(_lock)
        {
            if (!_watches.empty())
                next = &_watches.begin()->_file;
        }
        if (!next)
            return;
        // Between the locks the file may end and take its watches away itself.
        auto& shard = watch_shard::of(*next);
        lock_guard outer{shard};
        lock_guard guard{_lock};
        if (_watches.empty() || &_watches.begin()->_file != next)
            continue;
        watch& w = *_watches.begin();
        shard.remove(w);
        unlink(w);
    }
}

/// Takes a watch out of everything but its shard and deletes it.
void epoll_set::unlink(watch& w)
{
    w.leave_queues(); // no wake-up can mark it ready any more
    WITH_LOCK(_ready_lock)
    {
        if (w._ready)
            _ready.erase(_ready.iterator_to(w));
        _any_ready.store(!_ready.empty(), std::memory_order_relaxed);
    }
    _watches.erase(_watches.iterator_to(w));
    delete &w;
}

void epoll_set::forget(watch& w)
{
    lock_guard guard{_lock};
    unlink(w);
}

/// Whether `target` can be reached from this set through watched sets, or the chain is too long.
bool epoll_set::reaches(const epoll_set& target, unsigned depth)
{
    if (this == &target || depth > deepest_nesting)
        return true;
    lock_guard guard{_lock};
    for (watch& w : _watches)
        if (auto* const inner = file_as<epoll_set>(w._file))
            if (inner->reaches(target, depth + 1))
                return true;
    return false;
}

result<void> epoll_set::add(vfs::file& target, int descriptor, const epoll_event& event)
{
    if (!target.can_wait())
        return fail(errc::eperm);
    auto* const inner = file_as<epoll_set>(target);
    if (!inner)
        return insert(target, descriptor, event);
    lock_guard guard{nesting}; // so that two sets cannot be put into each other at once
    if (event.events & epoll_exclusive)
        return fail(errc::einval);
    if (inner->reaches(*this, 1))
        return fail(errc::eloop);
    return insert(target, descriptor, event);
}

result<void> epoll_set::insert(vfs::file& target, int descriptor, const epoll_event& event)
{
    auto fresh = TRY(try_make_unique<watch>(*this, target, descriptor, event));
    note_end_matters(target);

    auto& shard = watch_shard::of(target);
    lock_guard outer{shard};
    lock_guard guard{_lock};
    if (!_watches.insert(*fresh).second)
        return fail(errc::eexist);
    watch& w = *fresh.release();
    shard.add(w);
    const u32 ready = target.poll(w._interest.load(std::memory_order_relaxed), &w);
    if (w._out_of_memory) {
        shard.remove(w);
        unlink(w);
        return fail(errc::enomem);
    }
    if (ready)
        mark_ready(w);
    return {};
}

result<void> epoll_set::modify(vfs::file& target, int descriptor, const epoll_event& event)
{
    lock_guard guard{_lock};
    const auto found = _watches.find(watch::key{&target, descriptor});
    if (found == _watches.end())
        return fail(errc::enoent);
    if (found->_event.events & epoll_exclusive || event.events & epoll_exclusive)
        return fail(errc::einval);
    found->_event = event;
    found->_interest.store(interest_of(event), std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst); // wake-ups see the interest before we ask the file
    if (target.poll(interest_of(event), nullptr))
        mark_ready(*found);
    return {};
}

result<void> epoll_set::remove(vfs::file& target, int descriptor)
{
    auto& shard = watch_shard::of(target);
    lock_guard outer{shard};
    lock_guard guard{_lock};
    const auto found = _watches.find(watch::key{&target, descriptor});
    if (found == _watches.end())
        return fail(errc::enoent);
    shard.remove(*found);
    unlink(*found);
    return {};
}

/// Whether a thread was woken for it. From any context, also below a file's wait queue.
bool epoll_set::mark_ready(watch& w)
{
    WITH_LOCK(_ready_lock)
    {
        if (w._ready) {
            w._told.store(true, std::memory_order_release); // pairs with ask()
            return false;
        }
        w._ready = true;
        _ready.push_back(w);
        _any_ready.store(true, std::memory_order_relaxed);
    }
    return _waiters.wake_one(vfs::poll_event::readable);
}

/// What is true of the watch's file now, of what is wanted. Later news are noted; earlier ones are in the
/// answer.
u32 epoll_set::ask(watch& w)
{
    w._told.exchange(false, std::memory_order_acq_rel);
    const u32 interest = w._interest.load(std::memory_order_relaxed);
    return interest == 0 ? 0 : w._file.poll(interest, nullptr) & interest;
}

/// The next in the ready list, of one that is not the last. Without the list's lock: marking only adds behind
/// the last, and taking out needs the set's mutex.
watch& epoll_set::following(watch& w) NO_THREAD_SAFETY_ANALYSIS
{
    return *++_ready.iterator_to(w);
}

/// Takes one out of the ready list that had nothing to tell, or told it for the last time; it stays where it
/// is if there was news since it was asked.
void epoll_set::retire(watch& w)
{
    lock_guard guard{_ready_lock};
    if (w._told.load(std::memory_order_relaxed))
        return;
    w._ready = false;
    _ready.erase(_ready.iterator_to(w));
    _any_ready.store(!_ready.empty(), std::memory_order_relaxed);
}

size_t epoll_set::collect(std::span<epoll_event> out)
{
    lock_guard guard{_lock};
    watch* w = nullptr;
    const watch* last = nullptr; // who is marked meanwhile has to wait for the next call
    WITH_LOCK(_ready_lock)
    {
        if (!_ready.empty()) {
            w = &_ready.front();
            last = &_ready.back();
        }
    }
    size_t count = 0;
    while (w) {
        watch* const next = w == last ? nullptr : &following(*w);
        const u32 ready = ask(*w);
        const u32 how = w->_event.events;
        if (ready) {
            out[count++] = {ready, w->_event.data};
            if (how & epoll_oneshot)
                w->_interest.store(0, std::memory_order_relaxed);
        }
        if (!ready || how & (epoll_oneshot | epoll_edge))
            retire(*w);
        if (count == out.size() && next) {
            lock_guard order{_ready_lock};
            _ready.splice(_ready.end(), _ready, _ready.begin(), _ready.iterator_to(*next));
            break; // the next call begins where this one ended
        }
        w = next;
    }
    return count;
}

result<size_t> epoll_set::wait(std::span<epoll_event> out, instant deadline)
{
    for (;;) {
        if (has_ready())
            if (const size_t count = collect(out)) {
                // There is more, or what we took may still be ready: for another thread that waits.
                if (has_ready())
                    _waiters.wake_one(vfs::poll_event::readable);
                return count;
            }
        if (deadline == do_not_wait)
            return size_t{0};
        const auto waited = wait_until(_waiters, [this] { return has_ready(); },
                                       {.deadline = deadline, .interruptible = true});
        if (!waited) {
            if (waited.error() == errc::etimedout)
                return size_t{0};
            return fail(waited.error());
        }
    }
}

u32 epoll_set::poll(u32 interest, vfs::poll_registrar* registrar)
{
    if (registrar)
        registrar->listen(_waiters);
    if (!(interest & vfs::poll_event::readable) || !has_ready())
        return 0;
    lock_guard guard{_lock};
    return find_ready() ? interest & vfs::poll_event::readable : 0;
}

/// Marked is not yet ready: asks, and takes out what is not, up to the first that is.
bool epoll_set::find_ready()
{
    for (;;) {
        watch* first = nullptr;
        WITH_LOCK(_ready_lock)
        {
            if (!_ready.empty())
                first = &_ready.front();
        }
        if (!first || ask(*first))
            return first;
        lock_guard guard{_ready_lock};
        if (first->_told.load(std::memory_order_relaxed))
            continue; // news since: it stays where it is
        _ready.erase(_ready.iterator_to(*first));
        first->_ready = false;
        _any_ready.store(!_ready.empty(), std::memory_order_relaxed);
    }
}

result<size_t> epoll_set::describe(std::span<char> buffer) const
{
    return describe_as("anon_inode:[eventpoll]", buffer);
}
} // namespace linux
