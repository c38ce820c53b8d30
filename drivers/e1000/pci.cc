// The card on its bus: registers, interrupt, registration.
#include "core/base/make_unique.hh"
#include "core/log.hh"
#include "core/mm/kernel_areas.hh"
#include "drivers/driver.hh"
#include "drivers/e1000/card.hh"
#include "drivers/pci/function.hh"
#include "drivers/pci/interrupts.hh"

namespace e1000
{
namespace
{
class mapped_registers final : public registers
{
  public:
    explicit mapped_registers(volatile u32* at) : _at(at) {}
    u32 read(u32 offset) override { return _at[offset / 4]; }
    void write(u32 offset, u32 value) override { _at[offset / 4] = value; }

  private:
    volatile u32* const _at;
};

result<void> probe(pci::function& f)
{
    const auto bar = f.bar(0);
    if (bar.where != pci::base_address::space::memory)
        return fail(errc::eio);
    f.enable();
    auto* const at = static_cast<volatile u32*>(TRY(mm::map_device(phys_addr{bar.address}, reg::size)));
    auto mapped = TRY(try_make_unique<mapped_registers>(at));
    auto made = TRY(card::create(*mapped));
    pci::interrupts interrupts(f);
    TRY(interrupts.enable());
    TRY(interrupts.connect(
        0, 0, [](void* self) { static_cast<card*>(self)->interrupt(); }, made.get()));
    mapped.release(); // they live as long as the machine
    network_devices::add(*made);
    klog::detail("{}: e1000, {}", made->name(), made->link_up() ? "link up" : "no link yet");
    made.release();
    return {};
}

constexpr drivers::pci_match matches[] = {{.vendor = 0x8086, .device = 0x100e},  // 82540EM
                                          {.vendor = 0x8086, .device = 0x100f}}; // 82545EM
constinit const drivers::pci_driver intel_e1000{{"e1000", drivers::bus::pci}, matches, probe};
KILN_DRIVER(intel_e1000);
} // namespace
} // namespace e1000
