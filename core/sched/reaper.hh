// Freeing threads that have ended. A thread cannot free the stack that it runs on, and the switch away from
// it runs with interrupts off; so the dead are collected and freed a moment later, on somebody else's way to
// the application.
#pragma once

namespace sched
{
class thread;

/// Hands a dead thread over whose stack nobody uses any more; interrupts off.
void bury(thread& dead);

/// Drops the scheduler's reference to each; thread context, interrupts on.
void reap_dead_threads();
} // namespace sched
