// The page cache: pages of a file or a device, read when they are first asked for and given back when memory
// is short.
//
// A page in the tree is in one of three states:
//
//     reading -> ready <-> dirty            (a read that fails takes the page out of the tree again)
//
// Who wants a page that is being read waits on _arrived. A page that is copied from or to is pinned by a
// page_ref; a mapped one is not (mm drops its page_ref once the translation is there), so before a frame is
// given back the page leaves the tree, then every mapping, then goes.
//
// Sequential access reads ahead: a miss right behind the last one doubles the window, up to read_ahead_limit,
// and the window is read in one request.
//
// Reclaim (fs/cache/reclaim.cc) walks one list of all clean pages of all objects, with a second chance for
// those that were used since it last came by.
//
// Locking: _lock (rank page_cache) guards the tree and the pages' states; it is dropped while the medium
// works.
#pragma once

#include <span>

#include "core/base/intrusive.hh"
#include "core/base/radix_tree.hh"
#include "core/mm/io_buffer.hh"
#include "core/mm/memory_object.hh"
#include "core/sync/mutex.hh"

namespace cache
{
class reclaim_list;

class cached_object : public mm::memory_object
{
  public:
    ~cached_object() override;

    // mm::memory_object
    result<mm::page_ref> page(u64 index, mm::access wanted) override;
    mm::page_ref page_if_present(u64 index) override;
    result<void> write_back(u64 first_index, u64 count) override;

    /// Copies out of [offset, min(offset + remaining, size)). Errors: efault or eio if nothing was copied.
    result<size_t> read(u64 offset, io_buffer& to);

    /// Forgets pages from `first_index` on, dirty ones too: the file became shorter.
    void discard_from(u64 first_index);

    size_t cached_pages();

  protected:
    cached_object() = default;
    /// What derives from this calls it in its destructor, before the medium goes. Takes no sleeping lock: the
    /// last reference may be dropped by reclaim, which holds whatever the thread that ran out of memory
    /// holds.
    void forget_all();

    /// Fills whole pages from `first_index` on; what lies beyond the end becomes zeros. Called without locks,
    /// in thread context. Errors: eio, enomem.
    virtual result<void> read_pages(u64 first_index, std::span<std::byte> pages) = 0;
    /// Writes one page to the medium. Read-only media need not override it.
    virtual result<void> write_page(u64 index, std::span<const std::byte> page); // erofs

  private:
    friend class reclaim_list;
    static constexpr size_t read_ahead_limit = 32; // pages
    static constexpr size_t read_ahead_start = 4;

    enum class state : u8 { reading, ready, dirty };
    struct cached_page {
        phys_addr frame;
        u64 index = 0;
        cached_object* object = nullptr;
        u32 pins = 0;                 // the object's lock
        state now = state::reading;   // the object's lock
        bool removed = false;         // out of tree and mappings: freed with the last pin. The object's lock
        bool listed = false;          // the reclaim list's lock
        std::atomic<bool> used{true}; // since reclaim last looked
        list_hook hook{};             // the reclaim list's lock
    };
    /// Pages that are being read in one request.
    struct batch {
        cached_page* pages[read_ahead_limit];
        size_t count = 0;
        phys_addr frames; // of the first; they are contiguous
    };

    void release_page(phys_addr frame, void* cookie) override;
    mm::page_ref pin_locked(cached_page& p) REQUIRES(_lock);
    size_t window_locked(u64 index) REQUIRES(_lock);
    result<void> read_in(u64 index, size_t window) EXCLUDES(_lock);
    batch enter_batch(u64 index, phys_addr frames, size_t count) EXCLUDES(_lock);
    void leave_batch(batch& b, size_t keep) EXCLUDES(_lock);
    void finish_batch(batch& b) EXCLUDES(_lock);
    bool is_reading_locked(u64 index) REQUIRES(_lock);
    cached_page* take_dirty_locked(u64 first_index, u64 end_index) REQUIRES(_lock);
    static void free_page(cached_page* p);

    /// For reclaim: gives the page back if it is clean and unused. Returns whether it did.
    bool try_reclaim(u64 index);

    mutex _lock{lock_rank::page_cache};
    radix_tree<cached_page> _pages GUARDED_BY(_lock);
    u64 _next_expected GUARDED_BY(_lock) = 0; // the index behind the last window
    size_t _window GUARDED_BY(_lock) = 0;
    wait_queue _arrived;
};

/// Registers the page cache with mm's reclaim; once, at boot.
void register_reclaimer();
} // namespace cache
