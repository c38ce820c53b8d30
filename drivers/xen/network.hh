// xen-netfront: a network card that another domain serves, with one queue.
//
// Both directions go through pages of the driver's own that stay granted, by copying: see network_receive.hh
// and network_transmit.hh. One event channel serves both rings; an event raises the card's deferred work,
// which polls until nothing is left and then asks for the next event. A back end that breaks a ring's rules,
// or goes away, is a card without a link.
#pragma once

#include "core/device/network_device.hh"
#include "core/sched/deferred_work.hh"
#include "drivers/xen/network_receive.hh"
#include "drivers/xen/network_transmit.hh"

namespace xen
{
class network final : public network_device
{
  public:
    /// What the back end says of itself.
    struct properties {
        bool scatter_gather = false; // frames of several pages
        bool checksum = false;       // completes them, of IPv4 and IPv6
        bool segmentation4 = false;
        bool segmentation6 = false;
    };

    /// Errors: enomem, enospc.
    static result<unique_ptr<network>> create(back_end& b, const mac_address& address, u32 mtu);
    network(back_end& b, const mac_address& address, u32 mtu, void* receive_page, void* transmit_page)
        : _back_end(b), _address(address), _mtu(mtu), _receive(receive_page, _counters),
          _transmit(transmit_page, _counters), _work(*this)
    {
    }

    /// The rings' pages, for the back end.
    u32 receive_grant() const { return _receive_grant; }
    u32 transmit_grant() const { return _transmit_grant; }
    /// When the back end is connected, before the first frame.
    void set_properties(const properties& p);

    /// Interrupt context.
    void interrupt() { _work.raise(); }
    /// The back end is closed. Thread context.
    void back_end_gone();

    mac_address address() const override { return _address; }
    u32 mtu() const override { return _mtu; }
    bool link_up() const override { return _link_up.load(std::memory_order_relaxed); }
    capabilities offers() const override;
    void transmit(packet_queue frames) override;
    result<void> set_filter(const filter&) override { return fail(errc::eopnotsupp); }
    result<void> attach(receiver& r) override;

  private:
    struct work final : sched::deferred_work {
        explicit work(network& c) : deferred_work(&run), owner(c) {}
        static bool run(deferred_work& self) { return static_cast<work&>(self).owner.poll(); }
        network& owner;
    };

    bool poll();
    void take_link_down();

    back_end& _back_end;
    const mac_address _address;
    const u32 _mtu;
    u32 _receive_grant = 0;
    u32 _transmit_grant = 0;
    properties _properties;
    network_receive_ring _receive;
    network_transmit_ring _transmit;
    std::atomic<receiver*> _receiver{nullptr}; // set once, before the card receives
    std::atomic<bool> _link_up{true};
    work _work;
};
} // namespace xen
