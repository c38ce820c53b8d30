// Trap and interrupt numbers. Source: Intel SDM volume 3, table 6-1; from 32 on they are ours to give.
#pragma once

#include "core/base/types.hh"

namespace arch::vector
{
inline constexpr u64 divide_error = 0, debug = 1, nmi = 2, breakpoint = 3, invalid_opcode = 6,
                     double_fault = 8, general_protection = 13, page_fault = 14, x87_error = 16,
                     alignment_check = 17, machine_check = 18, simd_error = 19;

inline constexpr u64 first_interrupt = 32;
inline constexpr u8 first_device = 0x30; // 0x20-0x2f: where the legacy PIC would deliver
inline constexpr u8 last_device = 0xef;

inline constexpr u8 timer = 0xf0;
inline constexpr u8 reschedule = 0xf1;
inline constexpr u8 call_function = 0xf2;
inline constexpr u8 spurious = 0xff; // low four bits set, as old APICs want
} // namespace arch::vector
