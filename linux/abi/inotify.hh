// inotify's flags and its event as read(2) gives it (uapi/linux/inotify.h). The event bits are those of
// fs/vfs/changes.hh.
#pragma once

#include "core/base/types.hh"

namespace linux
{
inline constexpr u32 in_all_events = 0xfff;
inline constexpr u32 in_unmount = 0x2000;
inline constexpr u32 in_overflow = 0x4000;
inline constexpr u32 in_ignored = 0x8000;
inline constexpr u32 in_only_directory = 1u << 24;
inline constexpr u32 in_dont_follow = 1u << 25;
inline constexpr u32 in_exclude_unlinked = 1u << 26;
inline constexpr u32 in_mask_create = 1u << 28;
inline constexpr u32 in_mask_add = 1u << 29;
inline constexpr u32 in_is_directory = 1u << 30;
inline constexpr u32 in_oneshot = 1u << 31;
inline constexpr u32 in_known = in_all_events | in_unmount | in_overflow | in_ignored | in_only_directory |
                                in_dont_follow | in_exclude_unlinked | in_mask_create | in_mask_add |
                                in_is_directory | in_oneshot;

struct inotify_event {
    s32 watch;
    u32 mask;
    u32 cookie;
    u32 name_bytes; // behind it, padded with zeros to a multiple of its own size
};
static_assert(sizeof(inotify_event) == 16);
} // namespace linux
