// Registration of the card's driver, and putting further queue pairs to use; see network.hh.
#include "arch/smp.hh"
#include "core/log.hh"
#include "core/sched/cpu.hh"
#include "core/sched/thread.hh"
#include "drivers/driver.hh"
#include "drivers/virtio/network.hh"

namespace virtio
{
/// The device uses one pair until it is told of more, and more are of use when their CPUs run.
result<void> network::start_other_pairs()
{
    TRY(sched::thread::create("network-queues", wait_for_cpus, this))->start();
    return {};
}

void network::wait_for_cpus(void* self)
{
    constexpr unsigned patience_ms = 2000;
    auto& card = *static_cast<network*>(self);
    u16 present = 1;
    for (unsigned i = 0; i < patience_ms; i++) {
        while (present < card._pairs.size() && sched::cpu::nth(present))
            present++;
        if (present == card._pairs.size())
            break;
        (void)sched::sleep_until(timekeeping::after(timekeeping::now(), milliseconds(1)), false);
    }
    card.use_pairs(present);
}

namespace
{
result<void> probe(unique_ptr<transport> t)
{
    auto card = TRY(network::create(std::move(t), arch::cpu_count()));
    network_devices::add(*card);
    klog::detail("{}: MTU {}, {}", card->name(), card->mtu(), card->link_up() ? "link up" : "no link");
    card.release(); // lives as long as the machine
    return {};
}

constinit const drivers::virtio_driver virtio_net{
    {"virtio-net", drivers::bus::virtio}, device_type::network, probe};
KILN_DRIVER(virtio_net);
} // namespace
} // namespace virtio
