// A timer behind a descriptor. Source: timerfd_create(2).
//
// A periodic timer is armed anew when its ticks are read or asked for, not when it fires: one that nobody
// reads costs nothing however short its interval. How many ticks have passed is computed from the time.
#pragma once

#include "core/sync/mutex.hh"
#include "core/time/timer.hh"
#include "fs/vfs/file.hh"
#include "linux/abi/time.hh"

namespace linux
{
class timer_file final : public vfs::file
{
  public:
    timer_file(ref_ptr<vfs::inode> inode, clock_id clock, u32 flags)
        : file(std::move(inode), vfs::open_flag::read_write | flags), _clock(clock), _timer(*this)
    {
    }

    /// `when` is absolute in the timer's own clock or relative; 0 disarms. Errors: einval.
    result<void> set(const itimerspec& when, bool absolute, itimerspec& old);
    itimerspec get();

    result<size_t> read(io_buffer& to) override;
    u32 poll(u32 interest, vfs::poll_registrar* registrar) override;
    bool can_wait() const override { return true; }
    result<size_t> describe(std::span<char> buffer) const override;

  private:
    struct armed_timer : public timekeeping::timer {
        explicit armed_timer(timer_file& f) : timer(fire), owner(f) {}
        static void fire(timekeeping::timer& t);
        timer_file& owner;
    };

    itimerspec get_locked() REQUIRES(_lock);
    /// Takes the ticks that have come; arms the timer for the next.
    u64 take_ticks() EXCLUDES(_lock);
    void count_ticks() REQUIRES(_lock);

    const clock_id _clock;
    mutex _lock{lock_rank::epoll};
    instant _next GUARDED_BY(_lock){}; // `never`: not armed
    bool _is_set GUARDED_BY(_lock) = false;
    nanoseconds _interval GUARDED_BY(_lock){0};
    u64 _ticks GUARDED_BY(_lock) = 0;
    std::atomic<bool> _expired{false}; // it has fired and nobody has read
    wait_queue _readable;
    armed_timer _timer; // last: its destructor stops it before the rest goes
};
} // namespace linux
