/* musl's atomic operations (its header lies beside this one under another name), with a crash that is one in ring 0:
 * HLT, its own, would wait for an interrupt. */
#include "musl_atomic_arch.h"
#undef a_crash

#define a_crash kiln_crash
static inline void kiln_crash()
{
    __asm__ __volatile__("ud2" : : : "memory");
}
