// From the firmware's own handling of power events to ACPI's (ACPI 6.4 §4.8.2.5).
#pragma once

namespace firmware
{
struct machine;
}

namespace power
{
/// Any context; returns at once where the machine is in this mode already.
void enter_acpi_mode(const firmware::machine& m);
} // namespace power
