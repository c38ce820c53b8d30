// The order in which the firmware's tables are asked: ACPI, and the MP table where ACPI named no CPU.
#include "core/device/firmware.hh"
#include "drivers/acpi/tables.hh"
#include "drivers/mptable/mptable.hh"

namespace firmware
{
::result<void> discover(const boot_hints& hints, const physical_reader& memory, machine& result)
{
    if (const phys_addr root = acpi::find_root_pointer(hints, memory); root.value != 0)
        TRY(acpi::read_tables(root, memory, result));
    if (result.cpus.empty())
        TRY(mptable::read_table(memory, result));
    return {};
}
} // namespace firmware
