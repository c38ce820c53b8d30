// Operations of prctl and arch_prctl (uapi/linux/prctl.h, uapi/asm/prctl.h).
#pragma once

namespace linux
{
inline constexpr int pr_set_pdeathsig = 1;
inline constexpr int pr_get_pdeathsig = 2;
inline constexpr int pr_get_dumpable = 3;
inline constexpr int pr_set_dumpable = 4;
inline constexpr int pr_get_unalign = 5;
inline constexpr int pr_set_unalign = 6;
inline constexpr int pr_get_keepcaps = 7;
inline constexpr int pr_set_keepcaps = 8;
inline constexpr int pr_get_timing = 13;
inline constexpr int pr_set_timing = 14;
inline constexpr int pr_set_name = 15;
inline constexpr int pr_get_name = 16;
inline constexpr int pr_get_seccomp = 21;
inline constexpr int pr_set_seccomp = 22;
inline constexpr int pr_capbset_read = 23;
inline constexpr int pr_capbset_drop = 24;
inline constexpr int pr_get_tsc = 25;
inline constexpr int pr_set_tsc = 26;
inline constexpr int pr_get_securebits = 27;
inline constexpr int pr_set_securebits = 28;
inline constexpr int pr_set_timerslack = 29;
inline constexpr int pr_get_timerslack = 30;
inline constexpr int pr_mce_kill = 33;
inline constexpr int pr_mce_kill_get = 34;
inline constexpr int pr_set_mm = 35;
inline constexpr int pr_set_child_subreaper = 36;
inline constexpr int pr_get_child_subreaper = 37;
inline constexpr int pr_set_no_new_privs = 38;
inline constexpr int pr_get_no_new_privs = 39;
inline constexpr int pr_get_tid_address = 40;
inline constexpr int pr_set_thp_disable = 41;
inline constexpr int pr_get_thp_disable = 42;
inline constexpr int pr_cap_ambient = 47;
inline constexpr int pr_cap_ambient_is_set = 1;
inline constexpr int pr_cap_ambient_raise = 2;
inline constexpr int pr_cap_ambient_lower = 3;
inline constexpr int pr_cap_ambient_clear_all = 4;
inline constexpr int pr_set_vma = 0x53564d41;
inline constexpr int pr_set_ptracer = 0x59616d61;

inline constexpr int arch_set_gs = 0x1001;
inline constexpr int arch_set_fs = 0x1002;
inline constexpr int arch_get_fs = 0x1003;
inline constexpr int arch_get_gs = 0x1004;
inline constexpr int arch_get_cpuid = 0x1011;
inline constexpr int arch_set_cpuid = 0x1012;
inline constexpr int arch_get_xcomp_supp = 0x1021;
inline constexpr int arch_get_xcomp_perm = 0x1022;
inline constexpr int arch_req_xcomp_perm = 0x1023;
} // namespace linux
