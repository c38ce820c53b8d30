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
    loopback::arrival where;
};

/// Packets that a thread delivers, before it leaves those that they led to to others.
constexpr unsigned most_direct = 256;

void arrive(packet_ptr p)
{
    const way to = p->control<way>();
    to.where(*to.in, std::move(p));
}
} // namespace

loopback::~loopback()
{
    for (auto& q : _queues)
        delete q.load();
}

[[gnu::noinline]] loopback::queue* loopback::make_queue()
{
    auto& slot = _queues[arch::current_cpu()];
    auto* made = new (std::nothrow) queue;
    queue* there = nullptr;
    if (!made || slot.compare_exchange_strong(there, made)) // an interrupt may have been faster
        return made;
    delete made;
    return there;
}

void loopback::send(packet_ptr p, interface& in)
{
    const bool is_ipv4 = static_cast<u8>(p->head()[0]) >> 4 == 4;
    p->target = packet::link_target::this_host;
    if (p->checksum == packet_checksum::partial)
        p->checksum = packet_checksum::valid; // nothing on this way can damage it
    send(std::move(p), in, is_ipv4 ? ip4::receive : ip6::receive);
}

void loopback::send(packet_ptr p, interface& in, arrival where)
{
    queue* const q = this_cpu();
    if (!q)
        return;
    p->control<way>() = {&in, where};
    bool direct = false;
    WITH_LOCK(q->lock)
    {
        if (q->packets.count() >= limit)
            return;
        q->packets.push(std::move(p));
        direct = q->direct.load(std::memory_order_relaxed);
    }
    if (!direct)
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
    while (auto p = packets.pop())
        arrive(std::move(p));
    return false;
}

void loopback::direct_delivery::begin(interface& out)
{
    if (!out.is_loopback())
        return;
    queue* const q = out.loopback().this_cpu();
    if (!q || q->direct.load(std::memory_order_relaxed))
        return;
    q->direct.store(true, std::memory_order_relaxed);
    _queue = q;
}

void loopback::direct_delivery::finish()
{
    queue& q = *_queue;
    for (unsigned i = 0;; i++) {
        packet_ptr p;
        bool left = false;
        WITH_LOCK(q.lock)
        {
            left = i == most_direct && !q.packets.empty();
            if (!left)
                p = q.packets.pop();
            if (!p)
                q.direct.store(false, std::memory_order_relaxed);
        }
        if (left)
            return q.work.raise();
        if (!p)
            return;
        arrive(std::move(p));
    }
}
} // namespace net
