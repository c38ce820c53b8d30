// An open file description: what open(2), pipe(2), eventfd(2) and the like make and descriptors refer to.
//
// The base class is a file that can do nothing but be polled (always ready), described and closed; what
// derives from it overrides what it can. Files of file systems are regular_file and directory_file
// (fs/vfs/regular_file.hh); anonymous ones (event counters, epoll sets, sockets) derive directly and have an
// inode of anonymous_inode.
//
// Locking: flags are atomic; each derived class guards its own state. All calls but poll() and describe() may
// sleep.
#pragma once

#include <atomic>
#include <span>

#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "core/sync/wait_queue.hh"
#include "fs/vfs/directory.hh"
#include "fs/vfs/flags.hh"
#include "fs/vfs/path.hh"

class io_buffer;
namespace mm
{
class memory_object;
}

namespace vfs
{
/// Where poll() tells which queues its caller must wait in. The file outlives the registration.
class poll_registrar
{
  public:
    /// Wake-ups on `queue` carry poll_event bits as their key.
    virtual void listen(wait_queue& queue) = 0;

  protected:
    ~poll_registrar() = default;
};

class file : public ref_counted<file>
{
  public:
    virtual ~file() = default;

    u32 flags() const { return _flags.load(std::memory_order_relaxed); }
    /// F_SETFL: changes the bits of open_flag::changeable only.
    virtual result<void> set_flags(u32 flags);
    bool nonblocking() const { return flags() & open_flag::nonblock; }
    bool may_read() const { return _readable; }
    bool may_write() const { return _writable; }
    bool path_only() const { return flags() & open_flag::path_only; }

    /// The file behind it; anonymous files have one too, so that fstat works.
    vfs::inode& inode() const { return *_inode; }
    /// Where it was opened; empty for anonymous files.
    const path& where() const { return _where; }

    // The caller has checked may_read() and may_write() (ebadf).

    /// At and after the file's position; bytes moved, 0 at the end.
    virtual result<size_t> read(io_buffer& to);    // einval
    virtual result<size_t> write(io_buffer& from); // einval
    /// At an offset, leaving the position alone.
    virtual result<size_t> read_at(u64 offset, io_buffer& to);    // espipe
    virtual result<size_t> write_at(u64 offset, io_buffer& from); // espipe
    virtual result<u64> seek(s64 offset, seek_origin origin);     // espipe
    /// Entries from the position on; each that the sink takes moves the position.
    virtual result<void> list(directory_sink& sink);                 // enotdir
    virtual result<void> truncate(u64 size);                         // einval
    virtual result<void> allocate(u32 mode, u64 offset, u64 length); // espipe
    virtual result<void> synchronize(sync_scope scope);              // einval
    /// `argument` is the third argument of ioctl(2), an address of the application or a number.
    virtual result<u64> control(u32 request, virt_addr argument); // enotty
    virtual result<ref_ptr<mm::memory_object>> memory_object();   // enodev
    /// F_GETPIPE_SZ and F_SETPIPE_SZ; the second returns the size that it became.
    virtual result<size_t> pipe_size();                 // ebadf
    virtual result<size_t> set_pipe_size(size_t bytes); // ebadf

    /// The poll_event bits that hold now, limited to `interest` plus error and hang_up. If `registrar` is not
    /// null, each queue whose wake-up could add a bit of interest is told to it first.
    virtual u32 poll(u32 interest, poll_registrar* registrar);
    /// Whether poll() can ever wait; epoll_ctl refuses files where it cannot (eperm).
    virtual bool can_wait() const { return false; }

    /// A descriptor of it was closed; the last one's close is followed by the destructor once no call uses
    /// it.
    virtual void descriptor_closed() {}

    /// What /proc/self/fd/N leads to: a path or "pipe:[7]". Written to `buffer`; enametoolong if it does not
    /// fit.
    virtual result<size_t> describe(std::span<char> buffer) const;

    result<void> get_attributes(attributes& out) const;

    // Event sets (epoll) hold no reference to the files that they watch, so they must hear of a file's end
    // before its wait queues go.

    /// Somebody watches: the hook is to be called.
    void set_watched() { _watched.store(true, std::memory_order_relaxed); }
    /// Called for a watched file when its last reference is gone and before its destructor. Set once, at
    /// boot.
    using last_release_hook = void (*)(file&);
    static void set_last_release_hook(last_release_hook hook);

    /// ref_counted's.
    void on_last_release() const;

  protected:
    file(const path& where, u32 flags);
    file(ref_ptr<vfs::inode> anonymous, u32 flags);

    std::atomic<u32> _flags;

  private:
    path _where;
    ref_ptr<vfs::inode> _inode;
    const bool _readable;
    const bool _writable;
    std::atomic<bool> _watched{false};
};
} // namespace vfs
