// Where devices are looked for; see start.hh.
#include "drivers/start.hh"

#include "core/boot/config.hh"
#include "core/device/byte_stream.hh"
#include "core/log.hh"
#include "drivers/driver.hh"
#include "drivers/power/power.hh"
#include "drivers/serial/uart.hh"

namespace drivers
{
void start()
{
    if (const auto prepared = power::prepare(); !prepared)
        klog::line("the registers that turn the machine off cannot be mapped, error {}", prepared.error());
    search_devices();
    if (boot::configuration().framed_serial && !byte_streams::find("kiln.control"))
        if (const auto started = serial::start_framed(); !started)
            klog::line("kiln.serial=framed was given, but the serial port cannot be used, error {}",
                       started.error());
}
} // namespace drivers
