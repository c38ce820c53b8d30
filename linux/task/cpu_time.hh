// How CPU time is divided into the application's and the kernel's, as getrusage(2), times(2) and /proc show
// it.
//
// The scheduler measures exactly how long a thread runs, and samples by its tick in which of the two it runs.
// The time is divided as the samples are; without any, or none in the kernel, it is the application's. Each
// new sample changes the ratio, so what was shown before is kept as a lower bound: neither part steps back.
#pragma once

#include <algorithm>

#include "arch/wide_math.hh"
#include "core/time/clock.hh"

namespace linux
{
struct cpu_times {
    nanoseconds user{0};
    nanoseconds system{0};
};

class cpu_time_division
{
  public:
    /// `total` divided by how often it was sampled in the application and in the kernel.
    cpu_times divide(nanoseconds total, u64 application_ticks, u64 kernel_ticks)
    {
        if (total <= _shown.user + _shown.system)
            return _shown;
        const auto sampled =
            nanoseconds(kernel_ticks == 0 ? 0 : share(total, application_ticks, kernel_ticks));
        const auto system = std::clamp(sampled, _shown.system, total - _shown.user);
        _shown = {.user = total - system, .system = system};
        return _shown;
    }

  private:
    static s64 share(nanoseconds total, u64 application_ticks, u64 kernel_ticks)
    {
        return static_cast<s64>(arch::multiply_divide(static_cast<u64>(total.count()), kernel_ticks,
                                                      application_ticks + kernel_ticks));
    }

    cpu_times _shown;
};
} // namespace linux
