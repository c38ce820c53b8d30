// A timer behind a descriptor. Source: timerfd_create(2).
//
// A periodic timer is armed anew when its ticks are read or asked for, not when it fires: one that nobody
// reads costs nothing however short its interval. How many ticks have passed is computed from the time.
//
// An absolute timer of the wall clock moves when that is set; with TFD_TIMER_CANCEL_ON_SET it also becomes
// readable then, and the read says ECANCELED. A relative one runs by the monotonic clock.
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
        : file(std::move(inode), vfs::open_flag::read_write | flags), _clock(clock), _listener(*this),
          _timer(*this)
    {
    }
    ~timer_file() override;

    /// `when` is in the timer's own clock, or from now on; 0 disarms. `cancel` asks to hear of the wall clock
    /// being set. Errors: einval; ecanceled if that happened since (the timer is set all the same).
    enum class origin : u8 { from_now, absolute };
    enum class on_clock_set : u8 { nothing, cancel };
    result<void> set(const itimerspec& when, origin from, on_clock_set reaction, itimerspec& old);
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

    /// Hears of the wall clock being set.
    struct clock_listener : public waiter {
        explicit clock_listener(timer_file& f) : waiter(hear), owner(f) {}
        static reaction hear(waiter& w, u32 key);
        timer_file& owner;
    };

    itimerspec get_locked() REQUIRES(_lock);
    nanoseconds now_locked() const REQUIRES(_lock);
    void arm_locked() REQUIRES(_lock);
    void listen_locked(on_clock_set reaction) REQUIRES(_lock);
    /// Takes the ticks that have come; arms the timer for the next. Errors: ecanceled.
    result<u64> take_ticks() EXCLUDES(_lock);
    void count_ticks() REQUIRES(_lock);
    bool is_readable() const
    {
        return _expired.load(std::memory_order_relaxed) || _cancelled.load(std::memory_order_relaxed);
    }

    const clock_id _clock;
    mutex _lock{lock_rank::epoll};
    bool _on_wall_clock GUARDED_BY(_lock) = false;
    nanoseconds _next GUARDED_BY(_lock){0}; // on the wall clock or the monotonic one
    bool _is_set GUARDED_BY(_lock) = false;
    nanoseconds _interval GUARDED_BY(_lock){0};
    u64 _ticks GUARDED_BY(_lock) = 0;
    std::atomic<bool> _expired{false};   // it has fired and nobody has read
    std::atomic<bool> _cancelled{false}; // the wall clock was set and nobody has read
    wait_queue _readable;
    clock_listener _listener; // queued while it is to hear; _lock
    armed_timer _timer;       // last: its destructor stops it before the rest goes
};
} // namespace linux
