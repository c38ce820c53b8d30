// How a driver makes itself known: one descriptor in its own file, collected by the linker.
//
//     constinit const virtio_driver rng_driver{{"virtio-rng", bus::virtio}, virtio::device_type::entropy,
//     probe}; KILN_DRIVER(rng_driver);
//
// The section holds pointers, because compilers pad larger objects in it as they like. A source file that is
// left out of the build leaves its driver out; nothing else names it. probe() is called once for each
// matching device, in thread context while the machine starts; an error there means only that this device
// stays unused.
//
// A place where devices are looked for says so in the same way (KILN_DEVICE_SEARCH).
#pragma once

#include <span>

#include "core/base/make_unique.hh"
#include "core/base/result.hh"
#include "drivers/virtio/transport.hh"

namespace pci
{
class function;
}

namespace drivers
{
enum class bus : u8 { pci, virtio };

/// A place where this machine may have devices: windows of memory, a PCI host bridge.
struct device_search {
    const char* name;
    /// Gives what it finds to the drivers. True: this machine has devices nowhere else.
    bool (*run)();
};

struct driver {
    const char* name;
    drivers::bus bus;
};

} // namespace drivers

namespace pci
{
extern const drivers::device_search search;
}

namespace drivers
{
struct pci_match {
    static constexpr u32 any = 0xffff'ffff;
    u32 vendor = any;
    u32 device = any;
    u32 class_code = any; // class << 16 | subclass << 8 | interface
};

struct pci_driver : driver {
    std::span<const pci_match> matches;
    result<void> (*probe)(pci::function& function);
    /// Nobody reads it: it makes the linker take the bus into a kernel that has a driver for it.
    const device_search* search = &pci::search;
};

struct virtio_driver : driver {
    virtio::device_type type;
    /// Takes the device over; its object then lives as long as the machine.
    result<void> (*probe)(unique_ptr<virtio::transport> transport);
};

/// All drivers in this kernel.
std::span<const driver* const> all();

/// Runs the searches of this kernel, in the order of their ranks.
void search_devices();

/// Gives a device on the virtio bus to its driver. Errors: enodev (none), or the driver's.
result<void> probe_virtio(unique_ptr<virtio::transport> transport);

/// The first driver for a function with these ids, or null.
const pci_driver* find_pci(u32 vendor, u32 device, u32 class_code);
} // namespace drivers

#define KILN_DRIVER(object)                                                                                  \
    [[gnu::section(".drivers"),                                                                              \
      gnu::used]] static constinit const drivers::driver* const registered_##object = &object

/// The rank is a digit: those with a lower one run first.
#define KILN_DEVICE_SEARCH(object, rank)                                                                     \
    [[gnu::section(".device_searches." #rank),                                                               \
      gnu::used]] static constinit const drivers::device_search* const registered_##object = &object
