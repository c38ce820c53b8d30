// A network interface: the loopback or a card, with its addresses.
//
// Interfaces are made when the stack or a card is, and live as long as the stack. A card's interface is its
// receiver; frames go on from here to net/link.
#pragma once

#include "core/base/make_unique.hh"
#include "core/device/network_device.hh"
#include "core/sched/deferred_work.hh"
#include "net/interface/address_list.hh"

namespace net::dhcp
{
class client;
}

namespace net
{
class autoconfiguration;
class loopback;
class stack;

class interface final : public network_device::receiver
{
  public:
    /// device == nullptr: the loopback. Errors: enomem.
    static result<unique_ptr<interface>> create(net::stack& s, network_device* device, u32 index);
    ~interface();

    net::stack& stack() const { return _stack; }
    u32 index() const { return _index; }
    std::string_view name() const { return {_name, _name_length}; }
    network_device* device() const { return _device; }
    /// What the card does for us, asked once.
    const network_device::capabilities& offers() const { return _offers; }
    bool is_loopback() const { return !_device; }
    const mac_address& mac() const { return _mac; }
    net::loopback& loopback() const { return *_loopback; }

    bool up() const { return _up.load(std::memory_order_relaxed); }
    /// Whether there is a carrier.
    bool running() const { return up() && (!_device || _device->link_up()); }
    /// Paths found before are no longer current. A card that comes up gets its IPv6 link-local address and
    /// looks for routers.
    void set_up(bool up);

    u32 mtu() const { return _mtu.load(std::memory_order_relaxed); }
    /// Errors: einval (less than 68 or more than the device's).
    result<void> set_mtu(u32 mtu);
    /// What IPv6 routers announced (RFC 4861 §4.6.4); at most mtu().
    u32 ipv6_mtu() const;
    void limit_ipv6_mtu(u32 mtu) { _ipv6_mtu.store(mtu, std::memory_order_relaxed); }
    u8 hop_limit() const { return _hop_limit.load(std::memory_order_relaxed); }
    void set_hop_limit(u8 limit) { _hop_limit.store(limit, std::memory_order_relaxed); }

    const address_list& addresses() const { return _addresses; }
    bool has_address(const ip_address& a) const { return _addresses.contains(a); }
    /// Also adds the route to the subnet; removing removes it. Errors: enomem, einval (prefix length).
    result<void> add_address(const interface_address& a);
    result<void> remove_address(const ip_address& a);
    /// An IPv6 address that fits a destination (RFC 6724 §5, the rules that matter with few addresses), or
    /// the first IPv4 address of the destination's subnet or of all. Any, if there is none.
    ip_address source_for(const ip_address& destination) const;
    /// The link-local IPv6 address, if it is usable.
    ip_address link_local() const;

    /// While DHCP asks for an address, its answers come to one that is not ours yet.
    bool awaits_address() const { return _awaits_address.load(std::memory_order_relaxed); }
    void set_awaits_address(bool yes) { _awaits_address.store(yes, std::memory_order_relaxed); }

    /// Asks for an IPv4 address from now on, beside everything else. Thread context. Errors: as
    /// dhcp::client::create().
    result<void> start_dhcp();
    void stop_dhcp();

    net::autoconfiguration* autoconfiguration() const { return _autoconfiguration.get(); }

    void receive(network_device& from, packet_queue frames) override;
    void link_changed(network_device& device) override;

  private:
    struct link_work : sched::deferred_work {
        explicit link_work(interface& i) : deferred_work(&interface::follow_link), owner(i) {}
        interface& owner;
    };
    static bool follow_link(sched::deferred_work& w);
    interface(net::stack& s, network_device* device, u32 index);

    net::stack& _stack;
    network_device* const _device;
    const u32 _index;
    char _name[16];
    size_t _name_length;
    network_device::capabilities _offers;
    mac_address _mac{};
    std::atomic<bool> _up{false};
    std::atomic<bool> _awaits_address{false};
    std::atomic<u32> _mtu;
    std::atomic<u32> _ipv6_mtu{0};
    std::atomic<u8> _hop_limit{64};
    address_list _addresses;
    unique_ptr<net::loopback> _loopback;
    unique_ptr<net::autoconfiguration> _autoconfiguration;
    unique_ptr<dhcp::client> _dhcp;
    link_work _link_work{*this};

    friend class interfaces;
    std::atomic<interface*> _next{nullptr};
};

/// All of a stack's, in the order of their indexes; only grows, read without a lock.
class interfaces
{
  public:
    explicit interfaces(net::stack& s) : _stack(s) {}
    ~interfaces();

    /// Makes lo. Errors: enomem.
    result<void> add_loopback();
    /// Makes an interface of a card and starts to receive; it is down. Thread context.
    result<interface*> add(network_device& device);

    interface& loopback() const { return *_first.load(std::memory_order_acquire); }
    /// Null if there is none.
    interface* by_index(u32 index) const;
    interface* by_name(std::string_view name) const;
    /// The one that has this address.
    interface* by_address(const ip_address& a) const;
    /// The first card that is up, or null.
    interface* first_card() const;
    interface* next(const interface& i) const { return i._next.load(std::memory_order_acquire); }

    /// Whether packets to this address are for us, whichever way they come (as Linux: the host has the
    /// addresses, not the interface).
    bool is_local(const ip_address& a) const { return a.is_loopback() || by_address(a); }

  private:
    result<interface*> add(network_device* device);

    net::stack& _stack;
    std::atomic<interface*> _first{nullptr};
};
} // namespace net
