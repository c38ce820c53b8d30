// What the clocks say when main begins. Under icount the time-stamp counter counts instructions since
// power-on.
#include "micro.h"

int main(void)
{
    uint64_t tsc = read_tsc(), monotonic = now(), boot = clock_now(CLOCK_BOOTTIME);
    uint64_t cpu = clock_now(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t start = now(), ticks = read_tsc();
    while (now() - start < 20000000)
        continue;
    double ghz = (double)(read_tsc() - ticks) / (double)(now() - start);
    printf("boot.tsc_at_main %llu ticks\n", (unsigned long long)tsc);
    print_result("boot.tsc_ms_at_main", (double)tsc / ghz / 1e6, "ms");
    print_result("boot.tsc_ghz", ghz, "GHz");
    print_result("boot.monotonic_at_main", (double)monotonic / 1e6, "ms");
    print_result("boot.boottime_at_main", (double)boot / 1e6, "ms");
    print_result("boot.process_cpu_at_main", (double)cpu / 1e6, "ms");
    print_result("boot.cpus", cpu_count(), "cpus");
    return 0;
}
