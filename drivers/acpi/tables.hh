// ACPI's tables, those without AML: finding them, checking them, and taking from them what the kernel needs.
//
// Each parse_* function gets one intact table and adds to the machine; what a table does not say stays as it
// is. No AML is interpreted: the one thing needed from it, the sleep type of S5, is found by a bounded search
// (aml_s5.cc). Source: ACPI 6.4 §5.2.
#pragma once

#include <optional>

#include "core/base/result.hh"
#include "core/device/bytes.hh"
#include "core/device/firmware.hh"

namespace acpi
{
/// "APIC" as the four bytes lie in memory.
constexpr u32 signature(const char (&name)[5])
{
    u32 value = 0;
    for (int i = 0; i < 4; i++)
        value |= static_cast<u32>(static_cast<u8>(name[i])) << (8 * i);
    return value;
}

inline constexpr size_t header_size = 36;

/// The root pointer that the loader named, or the one in the BIOS area; 0 if there is none.
phys_addr find_root_pointer(const firmware::boot_hints& hints, const firmware::physical_reader& memory);

/// Reads every table that the root pointer leads to.
result<void> read_tables(phys_addr root_pointer, const firmware::physical_reader& memory,
                         firmware::machine& machine);

/// The whole table at `address`, if its length is sane and its checksum right; else empty, with a log line.
byte_view read_table(phys_addr address, const firmware::physical_reader& memory);

result<void> parse_madt(byte_view table, firmware::machine& machine);
result<void> parse_mcfg(byte_view table, firmware::machine& machine);
void parse_hpet(byte_view table, firmware::machine& machine);

/// Also says where the DSDT is (0: nowhere).
phys_addr parse_fadt(byte_view table, firmware::machine& machine);

/// The values of SLP_TYP for S5, from the DSDT's `_S5_` package.
struct sleep_type {
    u8 a = 0;
    u8 b = 0;
};
std::optional<sleep_type> find_s5(byte_view dsdt);
} // namespace acpi
