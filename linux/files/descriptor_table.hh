// The descriptors of a program: small numbers and the open files that they lead to.
//
// Look-up takes no lock. While the program has one thread nobody can close a descriptor during that thread's
// call, so the file is borrowed as it stands. Afterwards a reader announces the file in its CPU's hazard
// slot, looks again, and takes a reference; whoever clears a descriptor then waits until no CPU announces
// that file (a few instructions: kernel code is not preempted). Changes are under the table's spinlock.
//
// The array doubles when it is full, up to the limit; outgrown arrays live as long as the table, because a
// reader may still look at one (together they are smaller than the present one).
#pragma once

#include <atomic>

#include "core/base/make_unique.hh"
#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "core/sync/spinlock.hh"
#include "fs/vfs/file.hh"

namespace linux
{
/// An open file for the length of a system call: borrowed, or with a reference of its own.
class file_ref
{
  public:
    file_ref() = default;
    static file_ref borrowed(vfs::file* f) { return file_ref(f, false); }
    static file_ref counted(vfs::file* f) { return file_ref(f, true); }
    file_ref(file_ref&& other) : _file(std::exchange(other._file, nullptr)), _counted(other._counted) {}
    file_ref& operator=(file_ref&& other)
    {
        drop();
        _file = std::exchange(other._file, nullptr);
        _counted = other._counted;
        return *this;
    }
    ~file_ref() { drop(); }

    explicit operator bool() const { return _file != nullptr; }
    vfs::file& operator*() const { return *_file; }
    vfs::file* operator->() const { return _file; }
    vfs::file* get() const { return _file; }
    /// A reference that outlives the call.
    ref_ptr<vfs::file> share() const { return ref_ptr<vfs::file>(*_file); }

  private:
    void drop()
    {
        if (_file && _counted)
            _file->release();
    }
    file_ref(vfs::file* f, bool counted) : _file(f), _counted(counted) {}
    vfs::file* _file = nullptr;
    bool _counted = false;
};

enum class on_exec : u8 { keep, close };

class descriptor_table
{
  public:
    descriptor_table() = default;
    descriptor_table(const descriptor_table&) = delete;
    descriptor_table& operator=(const descriptor_table&) = delete;
    ~descriptor_table();

    /// The file, or empty if there is none. O_PATH files are found too. Inline: every call on a file begins
    /// here.
    file_ref get(int descriptor)
    {
        const auto index = static_cast<size_t>(static_cast<unsigned>(descriptor));
        if (index >= _capacity.load(std::memory_order_acquire)) [[unlikely]] // pairs with grow()
            return {};
        if (_shared.load(std::memory_order_relaxed))
            return get_shared(index);
        return file_ref::borrowed(
            _slots.load(std::memory_order_relaxed)[index].load(std::memory_order_relaxed));
    }
    /// The same for calls that do something with it. Errors: ebadf, also for O_PATH files.
    result<file_ref> use(int descriptor)
    {
        file_ref file = get(descriptor);
        if (!file || file->path_only()) [[unlikely]]
            return fail(errc::ebadf);
        return file;
    }
    result<file_ref> use_any(int descriptor)
    {
        file_ref file = get(descriptor);
        if (!file) [[unlikely]]
            return fail(errc::ebadf);
        return file;
    }

    /// The lowest free number from `lowest` on. Errors: emfile, enomem; einval if `lowest` is beyond the
    /// limit.
    result<int> install(ref_ptr<vfs::file> file, on_exec mode, int lowest = 0);
    /// dup2, dup3: this very number; what was there is closed. Errors: ebadf if beyond the limit, enomem.
    result<int> install_at(int descriptor, ref_ptr<vfs::file> file, on_exec mode);

    result<void> close(int descriptor);
    void close_range(u32 first, u32 last);
    void close_on_exec_range(u32 first, u32 last);
    /// At the program's end, and what exec does.
    void close_all() { close_range(0, ~u32{0}); }
    void close_for_exec();

    result<on_exec> exec_mode(int descriptor);
    result<void> set_exec_mode(int descriptor, on_exec mode);

    /// The first open descriptor from `first` on, or -1: for /proc/self/fd.
    int next_open(int first);
    /// Slots, for FDSize in /proc/self/status.
    size_t capacity() const { return _capacity.load(std::memory_order_relaxed); }

    /// RLIMIT_NOFILE's soft limit.
    void set_limit(u64 descriptors) { _limit.store(descriptors, std::memory_order_relaxed); }
    u64 limit() const { return _limit.load(std::memory_order_relaxed); }

    /// The program gets a second thread; called by the only one.
    void note_shared() { _shared.store(true, std::memory_order_relaxed); }

  private:
    static constexpr size_t initial_capacity = 64;
    static constexpr u64 hard_limit = 1u << 26;

    using slot = std::atomic<vfs::file*>; // owns a reference
    struct array {
        unique_ptr<slot[]> slots;
        unique_ptr<u64[]> used; // one bit per slot: in use
        unique_ptr<u64[]> exec; // one bit per slot: close on exec
        size_t capacity = 0;
        unique_ptr<array> outgrown;
    };

    result<void> grow(size_t wanted) EXCLUDES(_lock);
    static result<unique_ptr<array>> make_array(size_t capacity);
    int find_free_locked(size_t lowest) REQUIRES(_lock);
    vfs::file* take_locked(size_t index) REQUIRES(_lock);
    void put_locked(size_t index, ref_ptr<vfs::file> file, on_exec mode) REQUIRES(_lock);
    file_ref get_shared(size_t index);
    static void finish_close(vfs::file* file);

    std::atomic<slot*> _slots{nullptr}; // _array's, for readers; read after _capacity
    std::atomic<size_t> _capacity{0};   // only grows; written after _slots
    std::atomic<bool> _shared{false};
    std::atomic<u64> _limit{1024};

    spinlock _lock{lock_rank::descriptor_table};
    unique_ptr<array> _array GUARDED_BY(_lock);
    size_t _lowest_free GUARDED_BY(_lock) = 0; // no free slot below it
};
} // namespace linux
