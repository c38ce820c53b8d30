// The order of start-up: one array of steps, each timed (kiln.verbose prints the times).
//
// The first part runs on the boot stack, alone, with interrupts off; the second as a kernel thread, while the
// other CPUs come up beside it. This file is the only one that stands on everything.
#include <array>

#include "arch/boot.hh"
#include "arch/clock.hh"
#include "arch/cpu.hh"
#include "arch/smp.hh"
#include "boot/steps.hh"
#include "core/base/assert.hh"
#include "core/boot/boot_info.hh"
#include "core/boot/config.hh"
#include "core/device/firmware.hh"
#include "core/log.hh"
#include "core/mm/frames.hh"
#include "core/mm/kernel_page_tables.hh"
#include "core/sched/cpu.hh"
#include "core/sched/thread.hh"

namespace boot
{
namespace
{
constinit info handed_over;
constinit std::array<u64, 32> step_cycles{};

struct step {
    const char* name;
    result<void> (*run)();
};

constexpr step early_steps[] = {
    {"configuration", read_configuration},
    {"frames", start_frames},
    {"random", start_random},
    {"firmware", discover_firmware}, // before the page tables: it reads what only the entry code's map covers
    {"page tables", build_page_tables},
    {"interrupts", arch::start_interrupts},
    {"clocks", start_clocks},
    {"scheduler", arch::prepare_scheduler},
};

constexpr step thread_steps[] = {
    {"other CPUs", arch::start_other_cpus},
    {"devices", start_devices},
    {"root", mount_root},
    {"network", start_network},
    {"program", start_program},
};

void run(const step& s, size_t index)
{
    const u64 begin = arch::cycle_counter();
    if (const auto r = s.run(); !r) {
        klog::line("start-up step \"{}\" failed: error {}", s.name, r.error());
        panic("the machine cannot start");
    }
    step_cycles[index] = arch::cycle_counter() - begin;
}

void report_times()
{
    size_t i = 0;
    const auto report = [&](const step& s) {
        const u64 ns = step_cycles[i++] * 1'000'000'000 / timekeeping::cycle_frequency();
        klog::line("start-up: {} took {} us", s.name, ns / 1000);
    };
    for (const auto& s : early_steps)
        report(s);
    for (const auto& s : thread_steps)
        report(s);
}

void start_in_thread(void*)
{
    size_t i = std::size(early_steps);
    for (const auto& s : thread_steps)
        run(s, i++);
    if (klog::verbose())
        report_times();
}
} // namespace

const info& loader_info()
{
    return handed_over;
}

void start(const info& from_loader)
{
    handed_over = from_loader;
    size_t i = 0;
    for (const auto& s : early_steps)
        run(s, i++);
    auto main_thread = sched::thread::create("start", start_in_thread, nullptr);
    if (!main_thread)
        panic("no memory for the first thread");
    (*main_thread)->start();
    sched::cpu::this_cpu().run_idle_thread();
}
} // namespace boot
