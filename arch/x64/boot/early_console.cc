// A 16550 at 0x3f8, polled, and the screen beside it. Source: National Semiconductor PC16550D data sheet.
// A domain of Xen's has none: its text goes into Xen's log (port 0xe9) until its console is found.
#include "arch/x64/boot/early_console.hh"

#include "arch/early_output.hh"
#include "arch/port_io.hh"
#include "arch/x64/boot/screen.hh"
#include "arch/xen.hh"

namespace arch::early_console
{
namespace
{
constexpr u16 port = 0x3f8;
constexpr u16 interrupt_enable = port + 1, line_control = port + 3, modem_control = port + 4,
              line_status = port + 5, scratch = port + 7;
constexpr u8 transmitter_empty = 0x20;
constexpr u16 xen_log = 0xe9;
constexpr unsigned most_polls = 100000; // a port that never gets ready must not stop the machine

constinit bool started = false;
constinit bool present = false;
constinit bool has_xen_log = false;
using output = void (*)(std::string_view);
constinit output other_output = nullptr;

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
    if (!present) {
        has_xen_log = xen::is_domain();
        return;
    }
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
    if (other_output)
        return other_output(text);
    for (char c : text) {
        if (present)
            put(c);
        else if (has_xen_log)
            out8(xen_log, static_cast<u8>(c));
    }
}
} // namespace arch::early_console

namespace arch
{
void write_early_output(std::string_view text)
{
    early_console::write(text);
}

void set_early_output(void (*write)(std::string_view text))
{
    early_console::other_output = write;
}
} // namespace arch
