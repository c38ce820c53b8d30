// Event bits of poll and epoll, which are the same numbers (uapi/asm-generic/poll.h, uapi/linux/eventpoll.h).
#pragma once

#include "core/base/types.hh"

namespace linux
{
inline constexpr u32 pollin = 0x001;
inline constexpr u32 pollpri = 0x002;
inline constexpr u32 pollout = 0x004;
inline constexpr u32 pollerr = 0x008;
inline constexpr u32 pollhup = 0x010;
inline constexpr u32 pollnval = 0x020;
inline constexpr u32 pollrdnorm = 0x040;
inline constexpr u32 pollrdband = 0x080;
inline constexpr u32 pollwrnorm = 0x100;
inline constexpr u32 pollwrband = 0x200;
inline constexpr u32 pollmsg = 0x400;
inline constexpr u32 pollrdhup = 0x2000;

struct pollfd {
    s32 descriptor;
    s16 events;
    s16 returned;
};
static_assert(sizeof(pollfd) == 8);
} // namespace linux
