// Reading the MC146818 and its descendants: index port 0x70, data port 0x71.
//
// The chip updates its registers once a second; a set of them read twice with the same result was not torn. A
// machine without the chip (microvm with rtc=off) reads as ones. Sources: Motorola MC146818 data sheet; the
// century's register is named by ACPI's FADT.
#include "drivers/cmos/cmos.hh"

#include "arch/port_io.hh"
#include "core/device/firmware.hh"

namespace cmos
{
namespace
{
constexpr u16 index_port = 0x70;
constexpr u16 data_port = 0x71;
constexpr u8 status_a = 0x0a;
constexpr u8 update_in_progress = 0x80;

u8 read_register(u8 index)
{
    arch::out8(index_port, index);
    return arch::in8(data_port);
}

clock_registers read_registers(u8 century_index)
{
    return {read_register(0x00),
            read_register(0x02),
            read_register(0x04),
            read_register(0x07),
            read_register(0x08),
            read_register(0x09),
            century_index ? read_register(century_index) : u8{0},
            read_register(0x0b)};
}
} // namespace

std::optional<nanoseconds> read()
{
    const auto& machine = firmware::this_machine();
    if (machine.no_cmos_clock || read_register(status_a) == 0xff)
        return {};
    constexpr int attempts = 10'000; // an update takes 2 ms at most
    for (int i = 0; i < attempts; i++) {
        if (read_register(status_a) & update_in_progress)
            continue;
        const clock_registers first = read_registers(machine.century_register);
        if (!(read_register(status_a) & update_in_progress) &&
            first == read_registers(machine.century_register))
            return decode(first);
    }
    return {};
}
} // namespace cmos
