// How much memory TCP's queues hold in all, and what follows from it.
//
// Windows and send buffers are promises, and thousands of connections can be made to keep theirs at once: by
// clients that never read, by a program that never reads. So all queues are counted together, in steps, and
// three limits say what a connection may still do (Linux's tcp_mem, with its proportions of RAM):
//
//     below low         buffers grow with need
//     pressure          none grows; windows and send buffers are small, until it is below low again
//     at the limit      a connection keeps what makes it proceed, little more than a segment each way;
//                       what comes beyond that is dropped, and who has no socket any more is reset
//
// A connection tells of changes of 1 KiB and more: less than that is as much as the connection itself.
#pragma once

#include <atomic>

#include "core/base/types.hh"

namespace net::tcp
{
class memory
{
  public:
    /// Bytes.
    struct limits {
        u64 low, pressure, most;
    };
    /// What a send queue may hold at the limit, and beyond what nobody waits for it any more. A receive queue
    /// then takes a segment when it is empty.
    static constexpr u32 least_send = 2048, most_of_orphan = 4096;
    /// What buffers are under pressure.
    static constexpr u32 small_send = 16384;

    /// A share of RAM: 9 % at most.
    static constexpr limits share_of(u64 ram)
    {
        const u64 sixteenth = ram / 16 > 512_KiB ? ram / 16 : 512_KiB;
        return {sixteenth / 4 * 3, sixteenth, sixteenth / 2 * 3};
    }

    void set_limits(const limits& l) { _limits = l; }
    const limits& get_limits() const { return _limits; }

    void change(s64 bytes)
    {
        const s64 now = _used.fetch_add(bytes, std::memory_order_relaxed) + bytes;
        const bool pressed = under_pressure();
        if (pressed ? now < static_cast<s64>(_limits.low) : now > static_cast<s64>(_limits.pressure))
            set_pressure(!pressed);
    }

    u64 used() const { return static_cast<u64>(_used.load(std::memory_order_relaxed)); }
    bool under_pressure() const { return _pressure.load(std::memory_order_relaxed); }
    bool exhausted() const { return under_pressure() && used() >= _limits.most; }

    // Connections that finish without a socket. They are counted here because what they hold nobody closes.
    void orphan_added() { _orphans.fetch_add(1, std::memory_order_relaxed); }
    void orphan_gone() { _orphans.fetch_sub(1, std::memory_order_relaxed); }
    u64 orphans() const { return _orphans.load(std::memory_order_relaxed); }
    /// Of which each may hold a page.
    bool too_many_orphans() const { return orphans() > _limits.most / page_size; }

    /// How often pressure began.
    u64 pressures() const { return _pressures.load(std::memory_order_relaxed); }

  private:
    void set_pressure(bool on)
    {
        if (_pressure.exchange(on, std::memory_order_relaxed) != on && on)
            _pressures.fetch_add(1, std::memory_order_relaxed);
    }

    limits _limits = share_of(4_GiB);
    std::atomic<s64> _used{0};
    std::atomic<u64> _orphans{0};
    std::atomic<u64> _pressures{0};
    std::atomic<bool> _pressure{false};
};
} // namespace net::tcp
