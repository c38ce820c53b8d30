// The format of the clock's registers: BCD or binary, 12 or 24 hours, with a century or without.
#include "drivers/cmos/cmos.hh"

namespace cmos
{
namespace
{
// Bits of status B, and of the hours on a 12-hour clock.
constexpr u8 hours_24 = 2;
constexpr u8 binary = 4;
constexpr u8 afternoon = 0x80;

/// Days from 1970-01-01 to a date of the Gregorian calendar, counted in years that begin in March.
constexpr s64 days_since_epoch(unsigned year, unsigned month, unsigned day)
{
    const unsigned y = month <= 2 ? year - 1 : year;
    const unsigned era = y / 400;
    const unsigned year_of_era = y - era * 400;
    const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return static_cast<s64>(era) * 146'097 + day_of_era - 719'468;
}
static_assert(days_since_epoch(1970, 1, 1) == 0 && days_since_epoch(2000, 3, 1) == 11'017);
} // namespace

std::optional<nanoseconds> decode(const clock_registers& r)
{
    const auto number = [&](u8 value) -> unsigned {
        return r.status_b & binary ? value : (value >> 4) * 10u + (value & 15u);
    };
    unsigned hour = number(static_cast<u8>(r.hours & ~afternoon));
    if (!(r.status_b & hours_24))
        hour = hour % 12 + (r.hours & afternoon ? 12 : 0);
    unsigned year = number(r.year);
    const unsigned century = number(r.century);
    year += century >= 19 && century <= 22 ? century * 100 : year < 70 ? 2000 : 1900;
    const unsigned month = number(r.month);
    const unsigned day = number(r.day);
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || number(r.minutes) > 59 ||
        number(r.seconds) > 60)
        return {};
    const s64 days = days_since_epoch(year, month, day);
    return seconds(((days * 24 + hour) * 60 + number(r.minutes)) * 60 + number(r.seconds));
}
} // namespace cmos
