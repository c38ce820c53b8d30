// See loopback.hh.
#include "net/link/loopback.hh"

#include "arch/cpu.hh"
#include "net/interface/interface.hh"
#include "net/ip4/ip4.hh"
#include "net/ip6/ip6.hh"
#include "net/link/offload.hh"

namespace net
{
namespace
{
struct way {
    interface* in;
};
} // namespace

loopback::~loopback()
{
    for (auto& q : _queues)
        delete q.load();
}

loopback::queue* loopback::this_cpu()
{
    auto& slot = _queues[arch::current_cpu()];
    queue* q = slot.load(std::memory_order_acquire);
    if (q)
        return q;
    auto* made = new (std::nothrow) queue;
    if (!made || slot.compare_exchange_strong(q, made)) // somebody else may have been faster
        return made;
    delete made;
    return q;
}

void loopback::send(packet_ptr p, interface& in)
{
    queue* const q = this_cpu();
    if (!q)
        return;
    p->control<way>().in = &in;
    p->target = packet::link_target::this_host;
    if (p->checksum == packet_checksum::partial)
        p->checksum = packet_checksum::valid; // nothing on this way can damage it
    WITH_LOCK(q->lock)
    {
        if (q->packets.count() >= limit)
            return;
        q->packets.push(std::move(p));
    }
    q->work.raise();
}

bool loopback::deliver(sched::deferred_work& w)
{
    queue& q = static_cast<work&>(w).owner;
    packet_queue packets;
    WITH_LOCK(q.lock)
    {
        packets = std::move(q.packets);
    }
    while (auto p = packets.pop()) {
        interface& in = *p->control<way>().in;
        const bool is_ipv4 = static_cast<u8>(p->head()[0]) >> 4 == 4;
        is_ipv4 ? ip4::receive(in, std::move(p)) : ip6::receive(in, std::move(p));
    }
    return false;
}
} // namespace net
