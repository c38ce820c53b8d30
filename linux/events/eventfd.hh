// A counter with two queues behind a descriptor. Source: eventfd(2).
//
// The counter is one atomic word: neither reading nor writing takes a lock. Up to 2^64 - 2 fit.
#pragma once

#include "fs/vfs/file.hh"

namespace linux
{
class event_counter final : public vfs::file
{
  public:
    enum class mode : u8 { whole, semaphore };

    event_counter(ref_ptr<vfs::inode> inode, u64 initial, mode how, u32 flags)
        : file(std::move(inode), vfs::open_flag::read_write | flags), _mode(how), _count(initial)
    {
    }

    result<size_t> read(io_buffer& to) override;
    result<size_t> write(io_buffer& from) override;
    u32 poll(u32 interest, vfs::poll_registrar* registrar) override;
    bool can_wait() const override { return true; }
    result<size_t> describe(std::span<char> buffer) const override;

    u64 count() const { return _count.load(std::memory_order_relaxed); }

  private:
    static constexpr u64 most = ~u64{0} - 1;
    /// Takes what a read takes; 0 if there is nothing.
    u64 take();
    bool add(u64 value);
    void enter_queues(u32 interest, vfs::poll_registrar& registrar);

    const mode _mode;
    std::atomic<u64> _count;
    wait_queue _readable;
    wait_queue _writable;
};
} // namespace linux
