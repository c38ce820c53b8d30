// A 16550 at 0x3f8, polled, and the screen beside it. Source: National Semiconductor PC16550D data sheet.
#include "arch/x64/boot/early_console.hh"

#include "arch/early_output.hh"
#include "arch/port_io.hh"
#include "arch/x64/boot/screen.hh"

namespace arch::early_console
{
namespace
{
constexpr u16 port = 0x3f8;
constexpr u16 interrupt_enable = port + 1, line_control = port + 3, modem_control = port + 4,
              line_status = port + 5, scratch = port + 7;
constexpr u8 transmitter_empty = 0x20;
constexpr unsigned most_polls = 100000; // a port that never gets ready must not stop the machine

constinit bool started = false;
constinit bool present = false;

void put(char c)
{
    for (unsigned i = 0; i < most_polls && !(in8(line_status) & transmitter_empty); i++)
        ;
    out8(port, static_cast<u8>(c));
}
} // namespace

void start()
{
    started = true;
    out8(scratch, 0x5a);
    present = in8(scratch) == 0x5a;
    if (!present)
        return;
    out8(interrupt_enable, 0);
    out8(line_control, 0x80); // divisor 1: 115200 baud
    out8(port, 1);
    out8(interrupt_enable, 0);
    out8(line_control, 3); // 8n1
    out8(modem_control, 3);
}

void write(std::string_view text)
{
    if (!started)
        start();
    if (screen::write)
        screen::write(text);
    if (!present)
        return;
    for (char c : text)
        put(c);
}
} // namespace arch::early_console

namespace arch
{
void write_early_output(std::string_view text)
{
    early_console::write(text);
}
} // namespace arch
