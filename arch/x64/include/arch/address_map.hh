// Where RAM appears in the kernel's half. A header of its own, because host tests put their "RAM" elsewhere.
#pragma once

#include "core/base/types.hh"

namespace arch
{
inline constexpr u64 direct_map_base = 0xffff800000000000;
} // namespace arch
