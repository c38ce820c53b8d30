// From functions to their drivers; see bus.hh.
#include "drivers/pci/bus.hh"

#include "core/log.hh"
#include "drivers/driver.hh"
#include "drivers/pci/function.hh"

namespace pci
{
namespace
{
void probe(void* context, location where)
{
    function found(*static_cast<config_space*>(context), where);
    const auto* driver = drivers::find_pci(found.vendor(), found.device(), found.class_code());
    if (!driver)
        return;
    const auto probed = driver->probe(found);
    if (!probed && probed.error() != errc::enodev) // enodev: virtio without a driver for its type
        klog::line("{} at PCI {x}:{x}.{}: not usable, error {}", driver->name, where.bus, where.device,
                   where.function, probed.error());
}

/// Returns at once where there is no PCI.
bool probe_all()
{
    if (config_space* space = machine_config_space())
        scan(*space, probe, space);
    return false;
}
} // namespace

constinit const drivers::device_search search{"pci", probe_all};
KILN_DEVICE_SEARCH(search, 2);
} // namespace pci
