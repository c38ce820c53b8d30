// An Intel 82540EM or 82545EM network card: what VirtualBox and VMware give a machine by default.
//
// One pair of rings and one interrupt. An interrupt reads the causes (which takes the line back), masks
// receiving, and raises the card's deferred work, which polls until the ring is empty and then unmasks it. A
// frame that arrived in between has left its cause, so unmasking raises the interrupt again.
#pragma once

#include <atomic>

#include "core/device/network_device.hh"
#include "core/sched/deferred_work.hh"
#include "drivers/e1000/receive.hh"
#include "drivers/e1000/transmit.hh"

namespace e1000
{
class card final : public network_device
{
  public:
    /// Resets the card. Errors: eio (it does not come back, or has no address), enomem.
    static result<unique_ptr<card>> create(registers& r);
    card(registers& r, receive_ring::memory in, ring<transmit_descriptor> out)
        : _registers(r), _receive(std::move(in), _counters), _transmit(std::move(out), r, _counters),
          _work(*this)
    {
    }

    mac_address address() const override { return _address; }
    u32 mtu() const override { return 1500; }
    bool link_up() const override { return _link_up.load(std::memory_order_relaxed); }
    capabilities offers() const override
    {
        return {.transmit_checksum = true, .segmentation4 = true, .segmentation6 = true};
    }
    void transmit(packet_queue frames) override { _transmit.send(std::move(frames)); }
    result<void> set_filter(const filter& wanted) override;
    result<void> attach(receiver& r) override;

    /// Interrupt context.
    void interrupt();

  private:
    struct work final : sched::deferred_work {
        explicit work(card& c) : deferred_work(&run), owner(c) {}
        static bool run(deferred_work& self) { return static_cast<work&>(self).owner.poll(); }
        card& owner;
    };

    result<void> reset();
    result<void> read_address();
    bool poll();
    void check_link();

    registers& _registers;
    mac_address _address{};
    receive_ring _receive;
    transmit_ring _transmit;
    receiver* _receiver = nullptr; // set once, before the card receives
    std::atomic<bool> _link_up{false};
    std::atomic<bool> _link_may_have_changed{false};
    work _work;
};
} // namespace e1000
