// A network card as the stack sees it: Ethernet frames out and in, and what the hardware does for us.
//
// Drivers implement it and register by network_devices::add(); the stack attaches itself as the receiver.
// Frames begin at the packet's head. Receiving happens in deferred work (core/sched/deferred_work.hh) on the
// CPU of the queue, in batches; sending from any context.
#pragma once

#include <array>
#include <atomic>
#include <string_view>

#include "core/device/packet.hh"
#include "core/device/registry.hh"

using mac_address = std::array<u8, 6>;

/// For network_device::statistics.
inline void count_up(std::atomic<u64>& counter, u64 n = 1)
{
    counter.fetch_add(n, std::memory_order_relaxed);
}

class network_device : public registered<network_device>
{
  public:
    struct capabilities {
        bool transmit_checksum = false; // completes packet_checksum::partial
        bool segmentation4 = false;     // cuts packet_segmentation::tcp4 and tcp6
        bool segmentation6 = false;
        bool segmentation_ecn = false;
    };

    /// As `ip -s link` counts.
    struct statistics {
        std::atomic<u64> received_packets{0}, received_bytes{0}, received_dropped{0}, received_errors{0};
        std::atomic<u64> sent_packets{0}, sent_bytes{0}, sent_dropped{0}, sent_errors{0};
    };

    class receiver
    {
      public:
        /// Frames of one batch; in deferred work on the CPU of the queue, with no lock held.
        virtual void receive(network_device& from, packet_queue frames) = 0;
        /// Any context.
        virtual void link_changed(network_device& device) = 0;

      protected:
        ~receiver() = default;
    };

    /// Addresses of groups that the device must let pass.
    struct filter {
        std::span<const mac_address> multicast;
        bool all_multicast = false;
        bool promiscuous = false;
    };

    /// "eth0"; given by network_devices::add().
    std::string_view name() const { return {_name, _name_length}; }
    virtual mac_address address() const = 0;
    virtual u32 mtu() const = 0;
    virtual bool link_up() const = 0;
    virtual capabilities offers() const = 0;
    virtual unsigned queue_pairs() const { return 1; }

    /// Sends frames, in order for one CPU; each is freed when the device has read it, or dropped and counted
    /// when its ring is full. Any context; interrupts may be off.
    virtual void transmit(packet_queue frames) = 0;

    /// Thread context. Errors: eopnotsupp (the device cannot; it then lets everything pass).
    virtual result<void> set_filter(const filter& wanted) = 0;

    /// Starts receiving into `r`, once, for the machine's lifetime. Thread context.
    virtual result<void> attach(receiver& r) = 0;

    const statistics& counters() const { return _counters; }

  protected:
    virtual ~network_device() = default;
    statistics _counters;

  private:
    friend struct network_device_names;
    char _name[16] = {};
    size_t _name_length = 0;
};

namespace network_devices
{
/// Makes a device known for the machine's lifetime, as eth0, eth1 ... in this order.
void add(network_device& device);

/// The n-th device in order of registration, or null.
network_device* nth(size_t n);
} // namespace network_devices
