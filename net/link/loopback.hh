// The loopback: packets to ourselves, each CPU's in a queue of its own.
//
// A sender may hold its connection's lock, so a packet is never delivered from within send(): deferred work
// does it, on the same CPU, on the way back to the application; or the thread that sends does it itself, once
// it has let go of its locks (direct_delivery).
#pragma once

#include "arch/cpu.hh"
#include "core/base/make_unique.hh"
#include "core/device/packet.hh"
#include "core/sched/affinity.hh"
#include "core/sched/deferred_work.hh"
#include "core/sync/spinlock.hh"

namespace net
{
class interface;

class loopback
{
  public:
    static constexpr u32 mtu = 65536;
    /// Packets that one CPU's queue holds at most: a flood of datagrams is dropped as any queue would.
    static constexpr u32 limit = 4096;

    loopback() = default;
    ~loopback();

    /// What a packet arrives at, by deferred work.
    using arrival = void (*)(interface& in, packet_ptr p);

    /// An IP packet that arrives as if it had come in through `in`. Any context.
    void send(packet_ptr p, interface& in);
    /// The same of what is no IP packet, for a protocol that talks to itself.
    void send(packet_ptr p, interface& in, arrival where);

  private:
    struct queue;

  public:
    /// From begin() on packets to ourselves that this CPU sends wait for the end of the object, which makes
    /// them arrive, without the way over deferred work. The thread does not sleep meanwhile, and holds no
    /// spinlock at the end.
    class direct_delivery
    {
      public:
        direct_delivery() = default;
        direct_delivery(const direct_delivery&) = delete;
        ~direct_delivery()
        {
            if (_queue)
                finish();
        }
        /// `out`: where the packets leave; nothing happens if that is not the loopback.
        void begin(interface& out);

      private:
        void finish();
        queue* _queue = nullptr;
    };

  private:
    struct work : sched::deferred_work {
        explicit work(queue& q) : deferred_work(&loopback::deliver), owner(q) {}
        queue& owner;
    };
    struct queue {
        spinlock lock{lock_rank::virtqueue};
        packet_queue packets GUARDED_BY(lock);
        std::atomic<bool> direct{false}; // a thread of this CPU will deliver them; cleared under the lock
        loopback::work work{*this};
    };
    static bool deliver(sched::deferred_work& w);
    queue* this_cpu()
    {
        queue* const q = _queues[arch::current_cpu()].load(std::memory_order_acquire);
        return q ? q : make_queue();
    }
    queue* make_queue();

    std::atomic<queue*> _queues[sched::max_cpus]{};
};
} // namespace net
