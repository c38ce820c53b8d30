#include "fs/vfs/attributes.hh"

#include "core/time/clock.hh"

namespace vfs
{
timestamp timestamp::now()
{
    constexpr s64 per_second = 1'000'000'000;
    const s64 count = timekeeping::wall_clock().count();
    s64 second = count / per_second;
    s64 rest = count % per_second;
    if (rest < 0) {
        second--;
        rest += per_second;
    }
    return {second, static_cast<u32>(rest)};
}
} // namespace vfs
