// A pipe: a ring of pages between writers and readers, the same for pipe(2) and FIFOs.
//
//     _read_at            _write_at          both count bytes for ever; byte n lies in page (n / page_size) %
//     pages
//        |====== full =======|
//
// Writes of up to PIPE_BUF bytes are never mixed with others' and never done in part. Pages are allocated
// when bytes reach them and freed when they have been read, but for one that is kept for the next write.
//
// Locking: one mutex (rank pipe) for everything; it is held while bytes are copied, so an application access
// may fault and sleep under it. Waiters wait on two queues; a wake-up is for one thread, which passes it on
// if there is more for others to do.
#pragma once

#include "core/base/make_unique.hh"
#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "core/mm/io_buffer.hh"
#include "core/sync/mutex.hh"
#include "core/sync/wait_queue.hh"
#include "fs/vfs/file.hh"

namespace fs
{
class pipe final : public ref_counted<pipe>
{
  public:
    static constexpr size_t atomic_write = 4096; // PIPE_BUF
    static constexpr size_t default_size = 16 * page_size;
    static constexpr size_t size_limit = 256 * page_size; // /proc/sys/fs/pipe-max-size

    enum class blocking : u8 { no, yes };
    struct ends {
        bool reader = false;
        bool writer = false;
    };

    static result<ref_ptr<pipe>> create();
    explicit pipe(unique_ptr<phys_addr[]> pages) : _pages(std::move(pages)) {}
    ~pipe();

    /// 0 when it is empty and has no writer. Errors: eagain, erestartsys, efault.
    result<size_t> read(io_buffer& to, blocking mode);
    /// Errors: epipe without a reader, eagain, erestartsys, efault, enomem.
    result<size_t> write(io_buffer& from, blocking mode);

    /// Up to `bytes` of what this one holds into `to`, another pipe, and leaves them here (tee(2)): as many
    /// as are here and find room there, at least one. 0 when this one is empty and has no writer. Errors:
    /// those of read() and write().
    result<size_t> copy_to(pipe& to, size_t bytes, blocking mode);

    u32 poll(u32 interest, vfs::poll_registrar* registrar, ends side);
    size_t bytes_available();
    size_t capacity();
    /// Rounded up to a power of two of pages. Errors: einval, eperm beyond size_limit, ebusy if the content
    /// does not fit.
    result<size_t> set_capacity(size_t bytes);

    void open_ends(ends which);
    void close_ends(ends which);

    /// For FIFOs: waits until the other side has been opened once since the call. Errors: erestartsys.
    result<void> wait_for_reader();
    result<void> wait_for_writer();
    bool has_reader();

  private:
    size_t used() const REQUIRES(_lock) { return static_cast<size_t>(_write_at - _read_at); }
    /// The page that is being read counts as full until its end, so that no byte is ever written into it.
    size_t free_bytes() const REQUIRES(_lock)
    {
        return _page_count * page_size - static_cast<size_t>(_write_at - align_down(_read_at, page_size));
    }
    phys_addr& page_of(u64 position) REQUIRES(_lock)
    {
        return _pages[(position >> page_shift) & (_page_count - 1)];
    }
    result<bool> wait_for_bytes(blocking mode) EXCLUDES(_lock);
    result<void> wait_for_any_room(blocking mode) EXCLUDES(_lock);
    size_t copy_from(pipe& other, size_t bytes);
    size_t take(io_buffer& to) REQUIRES(_lock);
    /// A frame for a page that has none; not inlined, because it mostly has the last one. False: no memory.
    [[gnu::noinline]] bool provide_page(phys_addr& page) REQUIRES(_lock);
    /// Moves `wanted` bytes, for which there is room; fewer if memory or the buffer's fails.
    size_t put(io_buffer& from, size_t wanted, bool& no_memory) REQUIRES(_lock);
    bool wait_for_room(size_t needed, blocking mode, errc& outcome) REQUIRES(_lock);
    result<size_t> write_locked(io_buffer& from, blocking mode) REQUIRES(_lock);
    void drop_page(u64 position) REQUIRES(_lock);
    void free_pages(phys_addr* pages, size_t count);

    mutex _lock{lock_rank::pipe};
    unique_ptr<phys_addr[]> _pages GUARDED_BY(_lock); // value 0: none
    size_t _page_count GUARDED_BY(_lock) = default_size / page_size;
    phys_addr _spare GUARDED_BY(_lock);
    u64 _read_at GUARDED_BY(_lock) = 0;
    u64 _write_at GUARDED_BY(_lock) = 0;
    u32 _readers GUARDED_BY(_lock) = 0;
    u32 _writers GUARDED_BY(_lock) = 0;
    u64 _reader_opens GUARDED_BY(_lock) = 0; // ever; a FIFO's opener waits for a change
    u64 _writer_opens GUARDED_BY(_lock) = 0;
    wait_queue _readable;
    wait_queue _writable;
    wait_queue _opened;
};

/// The two ends of pipe2(2); `flags` are open_flag bits (nonblock, direct).
struct pipe_pair {
    ref_ptr<vfs::file> read_end;
    ref_ptr<vfs::file> write_end;
};
result<pipe_pair> create_pipe(u32 flags);
} // namespace fs
