// Small Linux structures that several families of calls share (uapi/linux/uio.h, asm-generic/posix_types.h).
#pragma once

#include "core/base/types.hh"

namespace linux
{
struct iovec {
    u64 base;
    u64 length;
};
static_assert(sizeof(iovec) == 16);

inline constexpr size_t iov_max = 1024;
inline constexpr size_t path_max = 4096;
inline constexpr size_t name_max = 255;

/// Linux cuts every single transfer here (MAX_RW_COUNT).
inline constexpr size_t max_transfer = 0x7ffff000;

struct utsname {
    char system[65];
    char node[65];
    char release[65];
    char version[65];
    char machine[65];
    char domain[65];
};
static_assert(sizeof(utsname) == 390);

struct sysinfo {
    s64 uptime;
    u64 loads[3]; // fixed point, 16 bits of fraction
    u64 total_ram;
    u64 free_ram;
    u64 shared_ram;
    u64 buffer_ram;
    u64 total_swap;
    u64 free_swap;
    u16 processes;
    u16 pad0;
    u32 pad1;
    u64 total_high;
    u64 free_high;
    u32 unit;
    u32 pad2;
};
static_assert(sizeof(sysinfo) == 112);

struct capability_header {
    u32 version;
    s32 pid;
};
struct capability_data {
    u32 effective;
    u32 permitted;
    u32 inheritable;
};
static_assert(sizeof(capability_header) == 8 && sizeof(capability_data) == 12);
inline constexpr u32 capability_version_1 = 0x19980330;
inline constexpr u32 capability_version_2 = 0x20071026;
inline constexpr u32 capability_version_3 = 0x20080522;
inline constexpr u32 last_capability = 40; // CAP_CHECKPOINT_RESTORE
} // namespace linux
