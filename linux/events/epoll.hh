// epoll: a set of files of interest, of which those that have news hang in a ready list.
//
//     a file's wait queue --wake--> watch::wake  -->  ready list  -->  collect() asks the file what is true
//
// collect() asks the watches where they stand in the ready list, and takes out those that need not be asked
// again. News of one that stands there are only noted, and keep it there.
//
// What a wait costs depends on the ready list alone, not on the idle files. A level-triggered watch stays
// in the list as long as its file is ready, an edge-triggered one comes back with the next wake-up. Where a
// call has no room for more, the next one goes on.
//
// A set holds no reference to its files (they would never be closed): a file's last release takes its watches
// away (forget_watches) before the file's destructor runs. That needs the set's mutex, so a file whose watch
// is found under the mutex is whole.
//
// Locking, outermost first: the shard of a file's watches (mutex); the set's mutex, under which watches come,
// go and are asked; the ready list's spinlock, which wake-ups take below a file's wait queue. Source:
// epoll(7).
#pragma once

#include <array>

#include "core/base/intrusive.hh"
#include "core/base/make_unique.hh"
#include "core/sync/mutex.hh"
#include "fs/vfs/file.hh"
#include "linux/abi/epoll.hh"

namespace linux
{
class epoll_set;

/// One file in one set.
class watch final : public vfs::poll_registrar
{
  public:
    watch(epoll_set& set, vfs::file& file, int descriptor, const epoll_event& event);
    ~watch() = default;
    watch(const watch&) = delete;
    watch& operator=(const watch&) = delete;

    struct key {
        const vfs::file* file;
        int descriptor;
        auto operator<=>(const key&) const = default;
    };

  private:
    friend class epoll_set;
    friend class watch_shard;

    void listen(wait_queue& queue) override;
    void leave_queues();
    static waiter::reaction wake(waiter& w, u32 key);
    bool is_exclusive() const { return _event.events & epoll_exclusive; } // never changes
    bool is_wanted(u32 news) const;

    struct place : public waiter {
        place() : waiter(wake) {}
        watch* owner = nullptr;
        wait_queue* queue = nullptr;
        unique_ptr<place> next;
    };

    epoll_set& _set;
    vfs::file& _file; // not held
    const int _descriptor;
    epoll_event _event;         // the set's mutex
    std::atomic<u32> _interest; // what a wake-up must carry; 0 after a one-shot
    bool _listening = false;    // _first_place is in use
    bool _out_of_memory = false;
    bool _ready = false;            // in the ready list, or being asked; the ready list's lock
    std::atomic<bool> _told{false}; // there was news since it was asked last
    place _first_place;             // most files have one queue
    unique_ptr<place> _more_places;
    list_hook _ready_hook;           // the ready list's lock
    tree_hook _tree_hook;            // the set's mutex
    watch* _next_in_shard = nullptr; // the shard's mutex

    struct key_of {
        using type = key;
        type operator()(const watch& w) const { return {&w._file, w._descriptor}; }
    };

  public:
    using tree = intrusive::set<watch, intrusive::member_hook<watch, tree_hook, &watch::_tree_hook>,
                                intrusive::key_of_value<key_of>, intrusive::constant_time_size<false>>;
    using list = intrusive::list<watch, intrusive::member_hook<watch, list_hook, &watch::_ready_hook>,
                                 intrusive::constant_time_size<false>>;
};

class epoll_set final : public vfs::file
{
  public:
    static result<ref_ptr<epoll_set>> create();
    explicit epoll_set(ref_ptr<vfs::inode> inode) : file(std::move(inode), vfs::open_flag::read_write) {}
    ~epoll_set() override;

    /// Errors: eexist, eperm (the file cannot wait), eloop, einval (itself), enomem.
    result<void> add(vfs::file& target, int descriptor, const epoll_event& event);
    /// Errors: enoent; einval where EPOLLEXCLUSIVE forbids it.
    result<void> modify(vfs::file& target, int descriptor, const epoll_event& event);
    /// Errors: enoent.
    result<void> remove(vfs::file& target, int descriptor);

    /// Fills `out` with what is ready, waiting for the first until the deadline. Errors: eintr.
    result<size_t> wait(std::span<epoll_event> out, instant deadline);

    u32 poll(u32 interest, vfs::poll_registrar* registrar) override;
    bool can_wait() const override { return true; }
    result<size_t> describe(std::span<char> buffer) const override;

    /// Takes all watches of a file away; under the file's shard.
    void forget(watch& w);

  private:
    friend class watch;

    result<void> insert(vfs::file& target, int descriptor, const epoll_event& event);
    bool reaches(const epoll_set& target, unsigned depth);
    bool mark_ready(watch& w);
    u32 ask(watch& w) REQUIRES(_lock);
    watch& following(watch& w) REQUIRES(_lock);
    void retire(watch& w) REQUIRES(_lock);
    bool find_ready() REQUIRES(_lock);
    size_t collect(std::span<epoll_event> out) EXCLUDES(_lock);
    void unlink(watch& w) REQUIRES(_lock);
    bool has_ready() const { return _any_ready.load(std::memory_order_relaxed); }

    mutex _lock{lock_rank::epoll};
    watch::tree _watches GUARDED_BY(_lock);
    spinlock _ready_lock{
        lock_rank::wait_queue}; // below a file's queue; both of one rank, always in this order
    watch::list _ready GUARDED_BY(_ready_lock);
    std::atomic<bool> _any_ready{false};
    wait_queue _waiters;
};
} // namespace linux
