// Flags of open files, renames, allocations and polls, with Linux's values so that nobody translates.
// Source: asm-generic/fcntl.h, linux/fs.h, linux/falloc.h, asm-generic/poll.h.
#pragma once

#include "core/base/types.hh"

namespace vfs
{
namespace open_flag
{
inline constexpr u32 read_only = 0;
inline constexpr u32 write_only = 01;
inline constexpr u32 read_write = 02;
inline constexpr u32 access_mode = 03;
inline constexpr u32 create = 0100;
inline constexpr u32 exclusive = 0200;
inline constexpr u32 no_controlling_tty = 0400;
inline constexpr u32 truncate = 01000;
inline constexpr u32 append = 02000;
inline constexpr u32 nonblock = 04000;
inline constexpr u32 data_sync = 010000;
inline constexpr u32 async = 020000;
inline constexpr u32 direct = 040000;
inline constexpr u32 large_file = 0100000;
inline constexpr u32 directory = 0200000;
inline constexpr u32 no_follow = 0400000;
inline constexpr u32 no_access_time = 01000000;
inline constexpr u32 close_on_exec = 02000000; // of the descriptor: never reaches a file
inline constexpr u32 sync = 04000000 | data_sync;
inline constexpr u32 path_only = 010000000;
inline constexpr u32 temporary = 020000000 | directory;

/// What F_SETFL may change.
inline constexpr u32 changeable = append | nonblock | async | direct | no_access_time;
/// What F_GETFL does not show.
inline constexpr u32 only_for_open = create | exclusive | no_controlling_tty | truncate | close_on_exec;
} // namespace open_flag

namespace rename_flag
{
inline constexpr u32 no_replace = 1;
inline constexpr u32 exchange = 2;
} // namespace rename_flag

namespace allocate_flag
{
inline constexpr u32 keep_size = 1;
inline constexpr u32 punch_hole = 2;
inline constexpr u32 zero_range = 0x10;
} // namespace allocate_flag

namespace poll_event
{
inline constexpr u32 in = 0x001;
inline constexpr u32 priority = 0x002;
inline constexpr u32 out = 0x004;
inline constexpr u32 error = 0x008;   // always reported
inline constexpr u32 hang_up = 0x010; // always reported
inline constexpr u32 read_normal = 0x040;
inline constexpr u32 read_band = 0x080;
inline constexpr u32 write_normal = 0x100;
inline constexpr u32 write_band = 0x200;
inline constexpr u32 read_hang_up = 0x2000;

inline constexpr u32 readable = in | read_normal;
inline constexpr u32 writable = out | write_normal;
} // namespace poll_event

enum class seek_origin : u8 { start = 0, current = 1, end = 2, data = 3, hole = 4 };
} // namespace vfs
