// An IDE controller with a bus master on PCI, its channels at the PC's fixed ports and interrupts (PIIX3,
// PIIX4).
#include "arch/port_io.hh"
#include "core/log.hh"
#include "drivers/driver.hh"
#include "drivers/ide/channel.hh"
#include "drivers/ioapic/ioapic.hh"
#include "drivers/pci/function.hh"

namespace ide
{
namespace
{
constexpr unsigned bus_master_bar = 4;
constexpr u16 bus_master_size = 8; // of a channel
constexpr u16 region_list = 4;     // in it

struct place {
    u16 command, control;
    u8 irq;
};
constexpr place places[] = {{0x1f0, 0x3f6, 14}, {0x170, 0x376, 15}};

class ports final : public registers
{
  public:
    ports(const place& p, u16 bus_master, const pci::function& f)
        : _base{p.command, p.control, bus_master}, _function(f)
    {
    }
    u8 read(block where, unsigned index) override { return arch::in8(port(where, index)); }
    void write(block where, unsigned index, u8 value) override { arch::out8(port(where, index), value); }
    u16 read_data() override { return arch::in16(port(block::command, 0)); }
    void write_region_list(u32 address) override
    {
        arch::out32(port(block::bus_master, region_list), address);
    }
    void cut_off() override { _function.stop_bus_master(); }

  private:
    u16 port(block where, unsigned index) const
    {
        return static_cast<u16>(_base[static_cast<unsigned>(where)] + index);
    }

    const u16 _base[3];
    pci::function _function;
};

/// Errors: enodev (no disk there).
result<void> start_channel(const place& where, u16 bus_master, const pci::function& f)
{
    auto at = TRY(try_make_unique<ports>(where, bus_master, f));
    auto made = TRY(channel::create(*at));
    TRY(made->find_disks());
    TRY(ioapic::connect_isa(
        where.irq, [](void* self) { static_cast<channel*>(self)->interrupt(); }, made.get()));
    at.release(); // they live as long as the machine
    made.release()->start();
    return {};
}

result<void> probe(pci::function& f)
{
    const auto bar = f.bar(bus_master_bar);
    if (bar.where != pci::base_address::space::port)
        return fail(errc::enodev);
    f.enable();
    bool any = false;
    for (unsigned i = 0; i < 2; i++) {
        const auto started =
            start_channel(places[i], static_cast<u16>(bar.address + u64{i} * bus_master_size), f);
        if (started)
            any = true;
        else if (started.error() != errc::enodev)
            klog::line("ide: channel {} is not usable, error {}", i, started.error());
    }
    return any ? result<void>{} : fail(errc::enodev);
}

constexpr drivers::pci_match matches[] = {{.class_code = 0x010180}, {.class_code = 0x01018a}};
constinit const drivers::pci_driver pci_ide{{"ide", drivers::bus::pci}, matches, probe};
KILN_DRIVER(pci_ide);
} // namespace
} // namespace ide
