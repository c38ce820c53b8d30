// Debug checks of the context that a function runs in; see docs/threads.md for the table of contexts.
#pragma once

namespace sched
{
#ifdef KILN_DEBUG
/// True where a sleeping call is allowed: thread context, interrupts on, no spinlock held.
void assert_may_block();
#else
inline void assert_may_block() {}
#endif
} // namespace sched
