// Flags of the memory calls on x86-64 (uapi/asm-generic/mman-common.h, uapi/linux/mman.h, mempolicy.h,
// membarrier.h).
#pragma once

#include "core/base/types.hh"

namespace linux
{
inline constexpr u64 prot_none = 0;
inline constexpr u64 prot_read = 1;
inline constexpr u64 prot_write = 2;
inline constexpr u64 prot_exec = 4;
inline constexpr u64 prot_growsdown = 0x01000000;
inline constexpr u64 prot_growsup = 0x02000000;

inline constexpr u64 map_shared = 0x01;
inline constexpr u64 map_private = 0x02;
inline constexpr u64 map_shared_validate = 0x03;
inline constexpr u64 map_type = 0x0f;
inline constexpr u64 map_fixed = 0x10;
inline constexpr u64 map_anonymous = 0x20;
inline constexpr u64 map_32bit = 0x40;
inline constexpr u64 map_growsdown = 0x0100;
inline constexpr u64 map_denywrite = 0x0800;
inline constexpr u64 map_executable = 0x1000;
inline constexpr u64 map_locked = 0x2000;
inline constexpr u64 map_noreserve = 0x4000;
inline constexpr u64 map_populate = 0x8000;
inline constexpr u64 map_nonblock = 0x10000;
inline constexpr u64 map_stack = 0x20000;
inline constexpr u64 map_hugetlb = 0x40000;
inline constexpr u64 map_sync = 0x80000;
inline constexpr u64 map_fixed_noreplace = 0x100000;

inline constexpr int madv_normal = 0;
inline constexpr int madv_random = 1;
inline constexpr int madv_sequential = 2;
inline constexpr int madv_willneed = 3;
inline constexpr int madv_dontneed = 4;
inline constexpr int madv_free = 8;
inline constexpr int madv_remove = 9;
inline constexpr int madv_dontfork = 10;
inline constexpr int madv_dofork = 11;
inline constexpr int madv_mergeable = 12;
inline constexpr int madv_unmergeable = 13;
inline constexpr int madv_hugepage = 14;
inline constexpr int madv_nohugepage = 15;
inline constexpr int madv_dontdump = 16;
inline constexpr int madv_dodump = 17;
inline constexpr int madv_wipeonfork = 18;
inline constexpr int madv_keeponfork = 19;
inline constexpr int madv_cold = 20;
inline constexpr int madv_pageout = 21;
inline constexpr int madv_populate_read = 22;
inline constexpr int madv_populate_write = 23;

inline constexpr u64 mremap_maymove = 1;
inline constexpr u64 mremap_fixed = 2;
inline constexpr u64 mremap_dontunmap = 4;

inline constexpr int ms_async = 1;
inline constexpr int ms_invalidate = 2;
inline constexpr int ms_sync = 4;

inline constexpr int mcl_current = 1;
inline constexpr int mcl_future = 2;
inline constexpr int mcl_onfault = 4;
inline constexpr u32 mlock_onfault = 1;

inline constexpr int mpol_default = 0;
inline constexpr int mpol_preferred = 1;
inline constexpr int mpol_bind = 2;
inline constexpr int mpol_interleave = 3;
inline constexpr int mpol_local = 4;
inline constexpr int mpol_preferred_many = 5;
inline constexpr int mpol_mode_flags = 0xe000;
inline constexpr u64 mpol_f_node = 1;
inline constexpr u64 mpol_f_addr = 2;
inline constexpr u64 mpol_f_mems_allowed = 4;
inline constexpr u32 mpol_mf_strict = 1;
inline constexpr u32 mpol_mf_move = 2;
inline constexpr u32 mpol_mf_move_all = 4;

inline constexpr int membarrier_query = 0;
inline constexpr int membarrier_global = 1;
inline constexpr int membarrier_global_expedited = 2;
inline constexpr int membarrier_register_global_expedited = 4;
inline constexpr int membarrier_private_expedited = 8;
inline constexpr int membarrier_register_private_expedited = 16;
} // namespace linux
