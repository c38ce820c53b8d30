// What a watch is; for the two sources of inotify.
#pragma once

#include <limits>

#include "core/base/make_unique.hh"
#include "linux/events/inotify.hh"

namespace linux
{
inline constexpr int largest_watch_number = std::numeric_limits<int>::max();

struct inotify::watch {
    watch(ref_ptr<vfs::inode> what, inotify& whose, u32 wanted)
        : target(std::move(what)), by(whose), mask(wanted)
    {
    }

    const ref_ptr<vfs::inode> target;
    inotify& by;
    u32 mask;              // events, in_exclude_unlinked, in_oneshot; watch_lock
    int number = 0;        // set once
    watch* next = nullptr; // of those in the same bucket; watch_lock
};
} // namespace linux
