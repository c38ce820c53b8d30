// virtio-net: a network card (virtio 1.2 §5.1).
//
//     queue 0, 1   in and out of pair 0       queue 2 * pairs   control
//     queue 2, 3   of pair 1, and so on
//
// A pair for each CPU, as far as the device has them, with its interrupt there: frames are received in
// deferred work on that CPU, and a CPU sends by its own pair. On receiving, an interrupt raises the pair's
// work, which polls with the interrupt off until the ring is empty.
//
// The offloads are used in both directions: checksums, and TCP segments of up to 64 KiB, which come in over
// several buffers (merged receive buffers).
#pragma once

#include <atomic>
#include <optional>

#include "core/device/dynamic_array.hh"
#include "core/device/network_device.hh"
#include "core/sched/deferred_work.hh"
#include "drivers/virtio/device.hh"
#include "drivers/virtio/network_control.hh"
#include "drivers/virtio/network_receive.hh"
#include "drivers/virtio/network_transmit.hh"

namespace virtio
{
class network final : public device, public network_device
{
  public:
    /// With queue pairs for at most `cpus` CPUs.
    static result<unique_ptr<network>> create(unique_ptr<transport> t, unsigned cpus);
    explicit network(unique_ptr<transport> t) : device(std::move(t)), _link_work(*this) {}

    mac_address address() const override { return _address; }
    u32 mtu() const override { return _mtu; }
    bool link_up() const override { return _link_up.load(std::memory_order_relaxed); }
    capabilities offers() const override;
    unsigned queue_pairs() const override { return _pairs_in_use.load(std::memory_order_relaxed); }
    void transmit(packet_queue frames) override;
    result<void> set_filter(const filter& wanted) override;
    result<void> attach(receiver& r) override;

    void queue_interrupt(u16 queue) override;
    void configuration_interrupt() override { _link_work.raise(); }

  private:
    struct pair final : sched::deferred_work {
        pair(network& n, u16 i, unique_ptr<virtqueue> in, unique_ptr<virtqueue> out)
            : deferred_work(&work), owner(n), index(i), receive(std::move(in), n.merges(), n._counters),
              transmit(std::move(out), n._counters)
        {
        }
        static bool work(deferred_work& self);
        u16 receive_queue() const { return static_cast<u16>(2 * index); }
        u16 transmit_queue() const { return static_cast<u16>(2 * index + 1); }

        network& owner;
        const u16 index;
        network_receive_ring receive;
        network_transmit_ring transmit;
    };
    struct link_work final : sched::deferred_work {
        explicit link_work(network& n) : deferred_work(&work), owner(n) {}
        static bool work(deferred_work& self);
        network& owner;
    };

    result<void> initialize(unsigned cpus);
    result<void> read_configuration();
    result<void> make_pairs(u16 count);
    result<void> make_control();
    /// Uses the other pairs as soon as their CPUs run.
    result<void> start_other_pairs();
    void use_pairs(u16 count);
    static void wait_for_cpus(void* self);
    bool merges() const { return has_feature(network_feature::merged_buffers); }
    bool poll(pair& p);
    void check_link();

    mac_address _address{};
    u32 _mtu = 1500;
    u16 _pairs_offered = 1; // by the device; the control queue stands behind them
    dynamic_array<unique_ptr<pair>> _pairs;
    std::atomic<u16> _pairs_in_use{1};
    std::optional<network_control> _control;
    receiver* _receiver = nullptr; // set once, before the device starts
    std::atomic<bool> _link_up{true};
    link_work _link_work;
};
} // namespace virtio
