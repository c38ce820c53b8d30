// A domain of Xen's: no bus to look at, but a page, a console and a store (docs/xen.md).
#include "arch/xen.hh"
#include "core/boot/config.hh"
#include "core/log.hh"
#include "core/mm/kernel_areas.hh"
#include "core/sched/thread.hh"
#include "core/time/clock.hh"
#include "drivers/driver.hh"
#include "drivers/power/power.hh"
#include "drivers/xen/bus.hh"
#include "drivers/xen/clock.hh"
#include "drivers/xen/console.hh"
#include "drivers/xen/events.hh"
#include "drivers/xen/grants.hh"
#include "drivers/xen/hypervisor.hh"
#include "drivers/xen/store.hh"

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

/// Its thread and what it is told by live as long as the machine.
result<store*> start_store()
{
    const u64 frame = TRY(read_parameter(parameter::store_frame));
    const auto port = static_cast<u32>(TRY(read_parameter(parameter::store_port)));
    if (frame == 0 || port == 0)
        return fail(errc::enodev);
    auto* const page = static_cast<store_page*>(
        TRY(mm::map_device(phys_addr{frame << page_shift}, page_size, mm::caching::write_back)));
    auto made = TRY(try_make_unique<store>(*page, events::notify, port));
    const auto interrupt = [](void* self) { static_cast<store*>(self)->interrupt(); };
    TRY(events::connect(port, interrupt, made.get()));
    const auto run_store = [](void* self) { static_cast<store*>(self)->run(); };
    TRY(sched::thread::create("xenstore", run_store, made.get()))->start();
    return made.release();
}

result<void> start_domain()
{
    TRY(prepare());
    power::use({power_off, reboot});
    TRY(events::start());
    if (const auto started = start_console(boot::configuration().framed_serial); !started)
        klog::line("xen: the console cannot be used, error {}", started.error());
    timekeeping::set_wall_clock(read_wall_clock(shared()));
    TRY(grants::start());
    store& s = *TRY(start_store());
    TRY(watch_shutdown(s));
    start_devices(s);
    return {};
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
