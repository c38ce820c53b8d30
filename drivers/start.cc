// Where devices are looked for; see start.hh.
#include "drivers/start.hh"

#include "core/boot/config.hh"
#include "core/device/firmware.hh"
#include "core/log.hh"
#include "drivers/pci/bus.hh"
#include "drivers/power/power.hh"
#include "drivers/serial/uart.hh"
#include "drivers/virtio/mmio.hh"

namespace drivers
{
namespace
{
void start_buses()
{
    const auto hints = boot::configuration().mmio_devices();
    for (const auto value : hints)
        if (const auto hint = boot::parse_mmio_device(value))
            virtio::probe_mmio({hint->size, hint->address, hint->interrupt});
    if (!hints.empty())
        return; // a machine with such words has no other bus
    if (firmware::this_machine().hardware_reduced)
        virtio::probe_mmio_microvm();
    pci::start_devices();
}
} // namespace

void start()
{
    if (const auto prepared = power::prepare(); !prepared)
        klog::line("the registers that turn the machine off cannot be mapped, error {}", prepared.error());
    if (boot::configuration().framed_serial)
        if (const auto started = serial::start_framed(); !started)
            klog::line("kiln.serial=framed was given, but the serial port cannot be used, error {}",
                       started.error());
    start_buses();
}
} // namespace drivers
