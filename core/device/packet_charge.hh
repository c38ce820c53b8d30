// What one sender has under way: packets that were sent and that no card has taken yet (SO_SNDBUF).
//
// A packet that is charged gives its bytes back when a driver offers it to its card, or when it is freed on
// the way; so what counts is what waits in front of cards, in neighbours' queues, and as fragments. A sender
// that found too much there is woken through its wait queue. Packets hold references: a charge outlives its
// sender, which ends it.
#pragma once

#include <atomic>

#include "core/base/ref_ptr.hh"
#include "core/sync/wait_queue.hh"

class packet_charge final : public ref_counted<packet_charge>
{
  public:
    /// `key`: what the waiters in the queue are told.
    packet_charge(wait_queue& queue, u32 key) : _queue(&queue), _key(key) {}

    u64 used() const { return _used.load(std::memory_order_relaxed); }
    void add(u32 bytes) { _used.fetch_add(bytes, std::memory_order_relaxed); }
    /// Any context.
    void give_back(u32 bytes);
    /// Whether less than `bound` is under way; if not, the queue is woken once it is less than `wake_below`,
    /// which is at most `bound`.
    bool is_below(u64 bound, u64 wake_below);
    /// The queue goes: nobody is woken any more.
    void end();

  private:
    spinlock _lock{lock_rank::wait_queue}; // above the queue's own, of the same rank
    wait_queue* _queue GUARDED_BY(_lock);
    const u32 _key;
    std::atomic<u64> _used{0};
    std::atomic<u64> _wake_below{0}; // 0: nobody wants to know
};
