// Start-up from devices to the program.
#include "boot/steps.hh"
#include "core/log.hh"
#include "core/time/clock.hh"

namespace boot
{
result<void> start_devices() { return {}; }
result<void> mount_root() { return {}; }
result<void> start_program()
{
    klog::line("hello from the first thread at {} ns", timekeeping::now().time_since_epoch().count());
    panic("end of the road");
    return {};
}
} // namespace boot
