// Start-up from devices to the program: what may fail because of what the user gave us ends with a line, not
// a panic.
#include "arch/panic.hh"
#include "boot/steps.hh"
#include "core/boot/config.hh"
#include "core/device/block_device.hh"
#include "core/log.hh"
#include "core/mm/layout.hh"
#include "core/time/clock.hh"
#include "core/time/refinement.hh"
#include "drivers/cmos/cmos.hh"
#include "drivers/fw_cfg/fw_cfg.hh"
#include "drivers/power/power.hh"
#include "drivers/start.hh"
#include "fs/root/root.hh"
#include "linux/start/initial_program.hh"

namespace boot
{
namespace
{
[[noreturn]] void give_up(std::string_view line)
{
    klog::line("{}", line);
    power::off();
}

/// A command line that was too long for the loader goes on in a file of the firmware configuration device.
void continue_configuration()
{
    auto file = fw_cfg::read("opt/kiln/config");
    if (!file)
        give_up("kiln.config=fw_cfg was given, but there is no fw_cfg file opt/kiln/config");
    configuration().add({file->bytes.release(), file->size + 1}); // for the machine's lifetime
}

result<void> mount_configured_root()
{
    const auto module = loader_info().module;
    if (module.length && configuration().root != root_kind::disk)
        return vfs::mount_root(std::span(mm::to_virtual<const std::byte>(module.start), module.length));
    if (auto* disk = block_devices::nth(0))
        return vfs::mount_root(*disk);
    give_up("no root: neither a boot module nor a disk was given");
}
} // namespace

result<void> start_devices()
{
    arch::set_power_off(power::off);
    drivers::start();
    if (configuration().continued_in_fw_cfg)
        continue_configuration();
    if (const auto date = cmos::read())
        timekeeping::set_wall_clock(*date);
    return timekeeping::start_refinement();
}

result<void> mount_root()
{
    if (const auto mounted = mount_configured_root(); !mounted) {
        if (mounted.error() == errc::enomem)
            klog::line("there is not enough memory to mount the root");
        power::off(); // all else has been said where it was found
    }
    TRY(vfs::mount_standard());
    for (const auto folder : configuration().writable_folders())
        if (!vfs::mount_writable(folder))
            klog::line("cannot make {} writable", folder);
    return {};
}

result<void> start_program()
{
    linux::start_machine_program();
    return {};
}
} // namespace boot
