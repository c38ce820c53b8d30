// The PC's first serial port: registers at 0x3f8, ISA interrupt 4.
#include "arch/port_io.hh"
#include "drivers/ioapic/ioapic.hh"
#include "drivers/serial/uart.hh"

namespace serial
{
namespace
{
constexpr u16 first_port = 0x3f8;
constexpr u8 first_port_irq = 4;

class port_registers final : public registers
{
  public:
    u8 read(unsigned index) override { return arch::in8(static_cast<u16>(first_port + index)); }
    void write(unsigned index, u8 value) override { arch::out8(static_cast<u16>(first_port + index), value); }
};
} // namespace

result<void> start()
{
    static constinit port_registers ports;
    static constinit uart first{ports};
    if (!first.initialize())
        return fail(errc::enodev);
    TRY(ioapic::connect_isa(
        first_port_irq, [](void* self) { static_cast<uart*>(self)->interrupt(); }, &first));
    byte_streams::add(first);
    return {};
}
} // namespace serial
