// An AHCI controller on PCI: its registers, its interrupt, and the ports that have a disk.
#include <atomic>

#include "core/base/make_unique.hh"
#include "core/device/dynamic_array.hh"
#include "core/log.hh"
#include "core/mm/kernel_areas.hh"
#include "drivers/ahci/port.hh"
#include "drivers/driver.hh"
#include "drivers/pci/function.hh"
#include "drivers/pci/interrupts.hh"

namespace ahci
{
namespace
{
constexpr unsigned registers_bar = 5;
constexpr unsigned most_ports = 32;

class controller final : public registers
{
  public:
    explicit controller(const pci::function& f) : _function(f) {}

    u32 read(u32 offset) override { return _mapped[offset / 4]; }
    void write(u32 offset, u32 value) override { _mapped[offset / 4] = value; }
    void cut_off() override { _function.stop_bus_master(); }

    /// Takes over the ports that have a disk. Errors: enodev (none has), those of its interrupt and its
    /// memory.
    result<void> start();

    /// Makes the disks known. Interrupts come from now on, so the object must stay.
    void start_disks();

  private:
    result<void> map();
    result<void> take_ports();
    void interrupt();

    pci::function _function;
    volatile u32* _mapped = nullptr;
    unique_ptr<port> _ports[most_ports];
};

result<void> controller::map()
{
    const auto bar = _function.bar(registers_bar);
    if (bar.where != pci::base_address::space::memory)
        return fail(errc::eio);
    _function.enable();
    constexpr size_t size = reg::first_port + most_ports * reg::port_size;
    _mapped = static_cast<volatile u32*>(TRY(mm::map_device(phys_addr{bar.address}, size)));
    return {};
}

result<void> controller::take_ports()
{
    write(reg::control, read(reg::control) | control_bit::ahci);
    const u32 present = read(reg::ports);
    unsigned count = 0;
    for (unsigned i = 0; i < most_ports; i++) {
        if (!(present >> i & 1) || !port::has_device(*this, i))
            continue;
        auto made = port::create(*this, i);
        if (made) {
            _ports[i] = made.take();
            count++;
        } else if (made.error() != errc::enodev) {
            klog::line("ahci: port {} does not start, error {}", i, made.error());
        }
    }
    return count ? result<void>{} : fail(errc::enodev);
}

result<void> controller::start()
{
    TRY(map());
    TRY(take_ports());
    pci::interrupts interrupts(_function);
    TRY(interrupts.enable());
    TRY(interrupts.connect(
        0, 0, [](void* self) { static_cast<controller*>(self)->interrupt(); }, this));
    return {};
}

void controller::start_disks()
{
    write(reg::interrupt_status, ~u32{0});
    write(reg::control, read(reg::control) | control_bit::interrupts);
    for (auto& p : _ports)
        if (p)
            if (const auto started = p->start_disk(); !started)
                klog::line("ahci: a disk is not usable, error {}", started.error());
}

void controller::interrupt()
{
    const u32 raised = read(reg::interrupt_status);
    for (unsigned i = 0; i < most_ports; i++)
        if ((raised >> i & 1) && _ports[i])
            _ports[i]->interrupt();
    write(reg::interrupt_status, raised); // behind the ports' own, which hold it up
}

result<void> probe(pci::function& f)
{
    auto made = TRY(try_make_unique<controller>(f));
    if (const auto started = made->start(); !started) {
        made->cut_off();
        return started;
    }
    made.release()->start_disks(); // lives as long as the machine
    return {};
}

constexpr drivers::pci_match matches[] = {{.class_code = 0x010601}};
constinit const drivers::pci_driver pci_ahci{{"ahci", drivers::bus::pci}, matches, probe};
KILN_DRIVER(pci_ahci);
} // namespace
} // namespace ahci
