// The pages of a tmpfs file, which are the file: what read and write copy from and to, and what mappings
// show.
//
// Pages exist from the first write on; holes read as zeros without getting one. A page that is mapped or
// being copied is pinned by a page_ref; truncation takes it out of the file at once and frees it with the
// last pin.
//
// Locking: _lock (rank page_cache) guards the tree and the pins; it is not held while bytes are copied. The
// size is atomic and changed by the file's inode under its write lock.
#pragma once

#include <atomic>

#include "core/base/radix_tree.hh"
#include "core/base/ref_ptr.hh"
#include "core/mm/io_buffer.hh"
#include "core/mm/memory_object.hh"
#include "core/sync/mutex.hh"

namespace tmpfs
{
/// How many pages the files of a file system may have together. Shared by the file system and its files'
/// pages, which may outlive it.
class page_budget : public ref_counted<page_budget>
{
  public:
    explicit page_budget(u64 limit) : _limit(limit) {}

    /// Errors: enospc.
    result<void> take();
    void give_back(u64 pages) { _used.fetch_sub(pages, std::memory_order_relaxed); }
    u64 used() const { return _used.load(std::memory_order_relaxed); }
    u64 limit() const { return _limit; }

  private:
    std::atomic<u64> _used{0};
    const u64 _limit;
};

class file_pages final : public mm::memory_object
{
  public:
    explicit file_pages(ref_ptr<page_budget> budget) : _budget(std::move(budget)) {}
    ~file_pages() override;

    // mm::memory_object
    result<mm::page_ref> page(u64 index, mm::access wanted) override;
    mm::page_ref page_if_present(u64 index) override;
    u64 size() const override { return _size.load(std::memory_order_acquire); }
    size_t describe(char* buffer, size_t length) const override;
    result<void> write_back(u64, u64) override { return {}; } // memory is where it lives

    /// Copies out of [offset, min(offset + remaining, size)). Errors: efault if nothing was copied.
    result<size_t> read(u64 offset, io_buffer& to);
    /// Copies in at `offset` and makes the file longer as far as bytes arrived. Errors: enospc, enomem,
    /// efault.
    result<size_t> write(u64 offset, io_buffer& from);
    /// Cuts off or extends with a hole. Bytes that come back later by extension are zeros.
    void resize(u64 size);
    /// Makes the bytes of the range zeros; whole pages are freed.
    void punch_hole(u64 offset, u64 length);
    /// Gives the range pages. Errors: enospc, enomem.
    result<void> allocate(u64 offset, u64 length);
    /// Makes the file at least `size` bytes long.
    void extend(u64 size);

    u64 page_count();
    /// The first byte at or after `offset` that has a page, or that has none; limited to the size.
    u64 next_data(u64 offset);
    u64 next_hole(u64 offset);

    /// What describe() says, cut at 39 characters; "tmpfs" unless set.
    void set_name(std::string_view name);

  private:
    struct file_page;

    void release_page(phys_addr frame, void* cookie) override;
    result<file_page*> new_page_locked(u64 index) REQUIRES(_lock);
    mm::page_ref pin_locked(file_page& p) REQUIRES(_lock);
    result<mm::page_ref> page_for_write(u64 index);
    mm::page_ref page_if_allocated(u64 index);
    void drop_pages(u64 first_index, u64 end_index);
    void clear_range(u64 index, size_t begin, size_t end);
    void free_page(file_page* p);

    mutex _lock{lock_rank::page_cache};
    radix_tree<file_page> _pages GUARDED_BY(_lock);
    std::atomic<u64> _size{0};
    const ref_ptr<page_budget> _budget;
    char _name[40] = {};
};
} // namespace tmpfs
