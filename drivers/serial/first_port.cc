// The PC's first serial port: registers at 0x3f8, ISA interrupt 4.
#include "arch/port_io.hh"
#include "core/base/make_unique.hh"
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

/// Made where it is used: its rings are 25 KB, and most machines have something better.
struct framed_port {
    port_registers ports;
    uart chip{ports};
    channels streams{chip};
};
} // namespace

result<void> start_framed()
{
    auto made = TRY(try_make_unique<framed_port>());
    if (!made->chip.initialize())
        return fail(errc::enodev);
    TRY(ioapic::connect_isa(
        first_port_irq, [](void* self) { static_cast<uart*>(self)->interrupt(); }, &made->chip));
    made->streams.start();
    made.release(); // lives as long as the machine
    return {};
}
} // namespace serial
