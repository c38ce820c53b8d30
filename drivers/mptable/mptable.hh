// Intel's MultiProcessor table: what a machine without ACPI says about its CPUs and interrupts (qboot on
// microvm). Source: MultiProcessor Specification 1.4 §4.
#pragma once

#include "core/base/result.hh"
#include "core/device/bytes.hh"
#include "core/device/firmware.hh"

namespace mptable
{
/// Looks for the table in its three places and adds what it says; nothing happens where there is none.
result<void> read_table(const firmware::physical_reader& memory, firmware::machine& machine);

/// `table` is the whole configuration table with a right checksum.
result<void> parse(byte_view table, firmware::machine& machine);
} // namespace mptable
