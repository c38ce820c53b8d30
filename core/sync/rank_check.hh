// What locks tell the check of their order; nothing at all in release builds.
#pragma once

#include "core/sync/rank.hh"

namespace sync_debug
{
#ifdef KILN_DEBUG
void check_spinlock_order(remembered_rank rank);
void acquired_spinlock(remembered_rank rank);
void released_spinlock(remembered_rank rank);

/// Before a thread waits for it.
void check_sleeping_lock_order(remembered_rank rank);
void acquired_sleeping_lock(remembered_rank rank);
void released_sleeping_lock(remembered_rank rank);

/// On the way back to the application, and at a thread's end.
void assert_no_lock_held();
#else
inline void check_spinlock_order(remembered_rank) {}
inline void acquired_spinlock(remembered_rank) {}
inline void released_spinlock(remembered_rank) {}
inline void check_sleeping_lock_order(remembered_rank) {}
inline void acquired_sleeping_lock(remembered_rank) {}
inline void released_sleeping_lock(remembered_rank) {}
inline void assert_no_lock_held() {}
#endif
} // namespace sync_debug
