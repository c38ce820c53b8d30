// The PC's first serial port: registers at 0x3f8, ISA interrupt 4.
#include "arch/port_io.hh"
#include "drivers/ioapic/ioapic.hh"
#include "drivers/serial/channels.hh"
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
constinit port_registers ports;
constinit uart port{ports};
constinit channels framed{port};

result<void> start_port()
{
    if (!port.initialize())
        return fail(errc::enodev);
    return ioapic::connect_isa(
        first_port_irq, [](void* self) { static_cast<uart*>(self)->interrupt(); }, &port);
}
} // namespace

result<void> start()
{
    TRY(start_port());
    byte_streams::add(port);
    return {};
}

result<void> start_framed()
{
    TRY(start_port());
    framed.start();
    return {};
}
} // namespace serial
