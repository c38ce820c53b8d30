// See acpi_mode.hh.
#include "drivers/power/acpi_mode.hh"

#include "arch/port_io.hh"
#include "core/device/firmware.hh"

namespace power
{
namespace
{
constexpr u16 acpi_mode = 1;
constexpr unsigned looks = 1000; // about a microsecond each on real hardware
} // namespace

void enter_acpi_mode(const firmware::machine& m)
{
    if (m.smi_command_port == 0 || (arch::in16(m.power_off.control_a) & acpi_mode))
        return;
    arch::out8(m.smi_command_port, m.acpi_enable_value);
    for (unsigned i = 0; i < looks && !(arch::in16(m.power_off.control_a) & acpi_mode); i++)
        arch::in8(0x80);
}
} // namespace power
