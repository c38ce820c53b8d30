// The auxiliary vector's tags. Source: getauxval(3), linux/auxvec.h.
#pragma once

#include "core/base/types.hh"

namespace loader
{
enum class auxv_tag : u64 {
    null = 0,
    program_headers = 3,
    program_header_size = 4,
    program_header_count = 5,
    page_size = 6,
    interpreter_base = 7,
    flags = 8,
    entry = 9,
    user = 11,
    effective_user = 12,
    group = 13,
    effective_group = 14,
    platform = 15,
    cpu_capabilities = 16, // AT_HWCAP: CPUID 1 EDX
    clock_ticks = 17,
    secure = 23,
    random = 25,
    cpu_capabilities_2 = 26,
    file_name = 31,
    vdso = 33, // AT_SYSINFO_EHDR
    minimum_signal_stack = 51,
};

struct auxv_entry {
    auxv_tag tag;
    u64 value;
};
} // namespace loader
