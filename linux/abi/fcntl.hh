// Flags of open, the *at calls, fcntl, lseek and access on x86-64 (uapi/asm-generic/fcntl.h,
// uapi/linux/fcntl.h, fs.h).
#pragma once

#include "core/base/types.hh"

namespace linux
{
inline constexpr u32 o_accmode = 03;
inline constexpr u32 o_rdonly = 00;
inline constexpr u32 o_wronly = 01;
inline constexpr u32 o_rdwr = 02;
inline constexpr u32 o_creat = 0100;
inline constexpr u32 o_excl = 0200;
inline constexpr u32 o_noctty = 0400;
inline constexpr u32 o_trunc = 01000;
inline constexpr u32 o_append = 02000;
inline constexpr u32 o_nonblock = 04000;
inline constexpr u32 o_dsync = 010000;
inline constexpr u32 o_async = 020000;
inline constexpr u32 o_direct = 040000;
inline constexpr u32 o_largefile = 0100000;
inline constexpr u32 o_directory = 0200000;
inline constexpr u32 o_nofollow = 0400000;
inline constexpr u32 o_noatime = 01000000;
inline constexpr u32 o_cloexec = 02000000;
inline constexpr u32 o_sync = 04010000;
inline constexpr u32 o_path = 010000000;
inline constexpr u32 o_tmpfile = 020200000;

inline constexpr int at_fdcwd = -100;
inline constexpr u32 at_symlink_nofollow = 0x100;
inline constexpr u32 at_eaccess = 0x200;
inline constexpr u32 at_removedir = 0x200;
inline constexpr u32 at_symlink_follow = 0x400;
inline constexpr u32 at_no_automount = 0x800;
inline constexpr u32 at_empty_path = 0x1000;
inline constexpr u32 at_statx_sync_type = 0x6000;

inline constexpr u32 f_dupfd = 0;
inline constexpr u32 f_getfd = 1;
inline constexpr u32 f_setfd = 2;
inline constexpr u32 f_getfl = 3;
inline constexpr u32 f_setfl = 4;
inline constexpr u32 f_getlk = 5;
inline constexpr u32 f_setlk = 6;
inline constexpr u32 f_setlkw = 7;
inline constexpr u32 f_setown = 8;
inline constexpr u32 f_getown = 9;
inline constexpr u32 f_setsig = 10;
inline constexpr u32 f_getsig = 11;
inline constexpr u32 f_setown_ex = 15;
inline constexpr u32 f_getown_ex = 16;
inline constexpr u32 f_ofd_getlk = 36;
inline constexpr u32 f_ofd_setlk = 37;
inline constexpr u32 f_ofd_setlkw = 38;
inline constexpr u32 f_setlease = 1024;
inline constexpr u32 f_getlease = 1025;
inline constexpr u32 f_notify = 1026;
inline constexpr u32 f_dupfd_cloexec = 1030;
inline constexpr u32 f_setpipe_sz = 1031;
inline constexpr u32 f_getpipe_sz = 1032;
inline constexpr u32 f_add_seals = 1033;
inline constexpr u32 f_get_seals = 1034;

inline constexpr u32 fd_cloexec = 1;

inline constexpr s16 f_rdlck = 0;
inline constexpr s16 f_wrlck = 1;
inline constexpr s16 f_unlck = 2;

inline constexpr u32 lock_sh = 1;
inline constexpr u32 lock_ex = 2;
inline constexpr u32 lock_nb = 4;
inline constexpr u32 lock_un = 8;

struct flock {
    s16 type;
    s16 whence;
    u32 pad0;
    s64 start;
    s64 length;
    s32 pid;
    u32 pad1;
};
static_assert(sizeof(flock) == 32);

inline constexpr int seek_set = 0;
inline constexpr int seek_cur = 1;
inline constexpr int seek_end = 2;
inline constexpr int seek_data = 3;
inline constexpr int seek_hole = 4;

inline constexpr u32 f_ok = 0;
inline constexpr u32 x_ok = 1;
inline constexpr u32 w_ok = 2;
inline constexpr u32 r_ok = 4;

inline constexpr u32 mfd_cloexec = 1;
inline constexpr u32 mfd_allow_sealing = 2;
inline constexpr u32 mfd_hugetlb = 4;

inline constexpr u32 f_seal_seal = 1;
inline constexpr u32 f_seal_shrink = 2;
inline constexpr u32 f_seal_grow = 4;
inline constexpr u32 f_seal_write = 8;
inline constexpr u32 f_seal_future_write = 16;
} // namespace linux
