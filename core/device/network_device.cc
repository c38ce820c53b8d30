// The list of network cards and their names.
#include "core/device/network_device.hh"

#include "core/log.hh"

struct network_device_names {
    static void give(network_device& device, unsigned number)
    {
        device._name_length = klog::format(device._name, sizeof device._name, "eth{}", number);
    }
};

namespace network_devices
{
namespace
{
constinit registry<network_device> devices;
constinit std::atomic<unsigned> count{0};
} // namespace

void add(network_device& device)
{
    network_device_names::give(device, count.fetch_add(1, std::memory_order_relaxed));
    devices.add(device);
}

network_device* nth(size_t n)
{
    return devices.nth(n);
}
} // namespace network_devices
