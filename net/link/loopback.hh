// The loopback: packets to ourselves, each CPU's in a queue of its own.
//
// A sender may hold its connection's lock, so a packet is never delivered from within the call: deferred work
// does it, on the same CPU, on the way back to the application.
#pragma once

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

    /// An IP packet that arrives as if it had come in through `in`. Any context.
    void send(packet_ptr p, interface& in);

  private:
    struct queue;
    struct work : sched::deferred_work {
        explicit work(queue& q) : deferred_work(&loopback::deliver), owner(q) {}
        queue& owner;
    };
    struct queue {
        spinlock lock{lock_rank::virtqueue};
        packet_queue packets GUARDED_BY(lock);
        loopback::work work{*this};
    };
    static bool deliver(sched::deferred_work& w);
    queue* this_cpu();

    std::atomic<queue*> _queues[sched::max_cpus]{};
};
} // namespace net
