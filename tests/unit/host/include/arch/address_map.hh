// Host tests: "RAM" is a block of the test process, see tests/unit/mm/machine.hh.
#pragma once

#include "core/base/types.hh"

namespace arch
{
inline u64 direct_map_base = 0;
}
