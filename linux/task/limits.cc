// What limits a program starts with: those of a Linux machine without configuration (getrlimit(2)).
#include "linux/task/limits.hh"

#include "core/base/types.hh"

namespace linux
{
resource_limits::resource_limits()
{
    for (unsigned i = 0; i < rlimit_count; i++)
        set(i, {rlim_infinity, rlim_infinity});
    set(rlimit_stack, {8_MiB, rlim_infinity});
    set(rlimit_core, {0, rlim_infinity});
    set(rlimit_nofile, {1024, 1u << 20});
    set(rlimit_memlock, {8_MiB, 8_MiB});
    set(rlimit_sigpending, {65536, 65536});
    set(rlimit_msgqueue, {819200, 819200});
    set(rlimit_nice, {0, 0});
    set(rlimit_rtprio, {0, 0});
}
} // namespace linux
