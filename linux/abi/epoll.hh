// epoll's operations, flags and event structure (uapi/linux/eventpoll.h). The event bits are poll's.
#pragma once

#include "core/base/types.hh"

namespace linux
{
inline constexpr int epoll_ctl_add = 1;
inline constexpr int epoll_ctl_del = 2;
inline constexpr int epoll_ctl_mod = 3;

inline constexpr u32 epoll_exclusive = 1u << 28;
inline constexpr u32 epoll_wakeup = 1u << 29;
inline constexpr u32 epoll_oneshot = 1u << 30;
inline constexpr u32 epoll_edge = 1u << 31;
inline constexpr u32 epoll_flags = epoll_exclusive | epoll_wakeup | epoll_oneshot | epoll_edge;

struct [[gnu::packed]] epoll_event {
    u32 events;
    u64 data;
};
static_assert(sizeof(epoll_event) == 12);
} // namespace linux
