// The PC's battery-backed clock: what time it is when the machine starts.
#pragma once

#include <array>
#include <optional>

#include "core/base/types.hh"
#include "core/time/clock.hh"

namespace cmos
{
/// The registers of the clock as read, whatever their format.
struct clock_registers {
    u8 seconds, minutes, hours, day, month, year;
    u8 century;  // 0: there is no such register
    u8 status_b; // says which format
    bool operator==(const clock_registers&) const = default;
};

/// Nanoseconds since 1970-01-01 UTC, if the registers hold a date.
std::optional<nanoseconds> decode(const clock_registers& r);

/// The same, read from the chip between two of its updates; nothing if there is no chip. Thread context.
std::optional<nanoseconds> read();
} // namespace cmos
