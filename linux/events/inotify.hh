// A descriptor that tells what happens to files. Source: inotify(7).
//
//     inode --hash--> watch --> inotify: queue of events --read()--> application
//                       ^-- by its number --'
//
// A watch keeps its inode, so that the file system finds the same one again, and ends with it
// (change_event::gone), by inotify_rm_watch, after its one event, or with the descriptor. The queue is
// bounded: what does not fit, or finds no memory, is one overflow event.
//
// Locking: one spinlock (rank watches) for all watches and queues. Notes come from any thread and only
// allocate and wake under it; inodes are dropped after it.
#pragma once

#include "core/base/radix_tree.hh"
#include "fs/vfs/changes.hh"
#include "fs/vfs/file.hh"
#include "linux/abi/inotify.hh"

namespace linux
{
/// /proc/sys/fs/inotify
struct inotify_limits {
    std::atomic<u32> queued_events{16384};
    std::atomic<u32> instances{128};
    std::atomic<u32> watches{8192};
};
extern constinit inotify_limits the_inotify_limits;

extern constinit spinlock watch_lock;

class inotify final : public vfs::file
{
  public:
    struct watch;

    /// Errors: emfile (too many of them), enomem.
    static result<ref_ptr<inotify>> create(u32 flags);
    inotify(ref_ptr<vfs::inode> inode, u32 flags);
    ~inotify() override;

    /// The watch's number; the mask of one that exists is replaced, or added to. Errors: eexist
    /// (in_mask_create), enospc (too many watches), enomem.
    result<int> add_watch(vfs::inode& target, u32 mask);
    /// Errors: einval.
    result<void> remove_watch(int number);

    /// Errors: einval if the first event does not fit, eagain, erestartsys, efault.
    result<size_t> read(io_buffer& to) override;
    result<u64> seek(s64, vfs::seek_origin) override { return u64{0}; } // as Linux's: nothing happens
    u32 poll(u32 interest, vfs::poll_registrar* registrar) override;
    bool can_wait() const override { return true; }
    result<u64> control(u32 request, virt_addr argument) override;
    result<size_t> describe(std::span<char> buffer) const override;

  private:
    struct queued_event;

    static void told(const vfs::change& what);
    bool deliver_locked(watch& w, const vfs::change& what) REQUIRES(watch_lock);
    void queue_locked(s32 number, u32 mask, u32 cookie, std::string_view name) REQUIRES(watch_lock);
    void append_locked(queued_event& e) REQUIRES(watch_lock);
    bool repeats_last_locked(s32 number, u32 mask, std::string_view name) const REQUIRES(watch_lock);
    result<watch*> make_watch(vfs::inode& target, u32 mask);
    void detach_locked(watch& w) REQUIRES(watch_lock);
    void remove_all_watches();
    queued_event* take(size_t room, bool& too_big);
    void free_event(queued_event* e);
    bool has_events() const { return _count.load(std::memory_order_relaxed) != 0; }

    radix_tree<watch> _watches GUARDED_BY(watch_lock); // by number
    int _last_number GUARDED_BY(watch_lock) = 0;
    queued_event* _first GUARDED_BY(watch_lock) = nullptr;
    queued_event* _last GUARDED_BY(watch_lock) = nullptr;
    size_t _bytes GUARDED_BY(watch_lock) = 0; // as read() gives them
    std::atomic<u32> _count{0};               // changes under the lock
    queued_event* _overflow = nullptr;        // always there; linked while it is queued
    bool _overflowed GUARDED_BY(watch_lock) = false;
    wait_queue _readable;
};
} // namespace linux
