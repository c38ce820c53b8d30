// Making the clock exact after start-up, where its rate could only be measured roughly at first.
#pragma once

#include "core/base/result.hh"

namespace timekeeping
{
/// Starts a kernel thread that measures the cycle counter for a second and slews the clock to the better
/// rate, if the rate is not exact already and there is a clock to measure against. Errors: enomem.
result<void> start_refinement();
} // namespace timekeeping
