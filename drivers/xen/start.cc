// A domain of Xen's: no bus to look at, but a page, a console and a store (docs/xen.md).
#include "arch/xen.hh"
#include "core/boot/config.hh"
#include "core/log.hh"
#include "core/time/clock.hh"
#include "drivers/driver.hh"
#include "drivers/power/power.hh"
#include "drivers/xen/clock.hh"
#include "drivers/xen/console.hh"
#include "drivers/xen/events.hh"
#include "drivers/xen/grants.hh"
#include "drivers/xen/hypervisor.hh"

namespace xen
{
namespace
{
void power_off()
{
    shut_down(shutdown_reason::power_off);
}

void reboot()
{
    shut_down(shutdown_reason::reboot);
}

result<void> start_domain()
{
    TRY(prepare());
    power::use({power_off, reboot});
    TRY(events::start());
    if (const auto started = start_console(boot::configuration().framed_serial); !started)
        klog::line("xen: the console cannot be used, error {}", started.error());
    timekeeping::set_wall_clock(read_wall_clock(shared()));
    return grants::start();
}

/// A PVH domain has devices nowhere else, and reading where a PC has some may end it.
bool run()
{
    if (!arch::xen::is_domain())
        return false;
    if (const auto started = start_domain(); !started)
        klog::line("xen: this domain cannot be used as one, error {}", started.error());
    return true;
}

constinit const drivers::device_search domain{"xen", run};
KILN_DEVICE_SEARCH(domain, 0);
} // namespace
} // namespace xen
