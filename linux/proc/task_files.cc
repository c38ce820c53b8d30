// Files of one thread: status, stat, limits. Formats: proc(5).
#include "arch/smp.hh"
#include "core/sched/affinity.hh"
#include "linux/files/descriptor_table.hh"
#include "linux/files/fs_context.hh"
#include "linux/proc/generators.hh"
#include "linux/task/task.hh"

namespace proc
{
namespace
{
using namespace linux;

constexpr u64 kib_per_page = page_size / 1024;

char state_letter(const task& t)
{
    switch (t.state()) {
    case sched::thread_state::blocked:
        return 'S';
    case sched::thread_state::dead:
        return 'Z';
    default:
        return 'R';
    }
}

struct signal_sets {
    signal_set own = 0, shared = 0, blocked = 0, ignored = 0, caught = 0;
};

signal_sets read_signals(task& t)
{
    signal_sets sets;
    auto& signals = t.program().signals();
    lock_guard guard{signals.lock};
    sets.own = t.pending.set();
    sets.shared = signals.shared.set();
    sets.blocked = t.blocked;
    for (int signal = 1; signal <= signal_count; signal++) {
        const u64 handler = signals.action(signal).handler;
        if (handler == sig_ign)
            sets.ignored |= signal_bit(signal);
        else if (handler != sig_dfl)
            sets.caught |= signal_bit(signal);
    }
    return sets;
}

void add_memory(text& out, const mm::memory_usage& usage)
{
    const auto kilobytes = [&](std::string_view name, u64 pages) {
        out.format("{}:\t", name).decimal(pages * kib_per_page, 8).add(" kB\n");
    };
    kilobytes("VmPeak", usage.mapped_pages);
    kilobytes("VmSize", usage.mapped_pages);
    kilobytes("VmLck", usage.locked_pages);
    kilobytes("VmPin", 0);
    kilobytes("VmHWM", usage.peak_resident_pages);
    kilobytes("VmRSS", usage.resident_pages);
    kilobytes("RssAnon", usage.resident_pages);
    kilobytes("RssFile", 0);
    kilobytes("RssShmem", 0);
    kilobytes("VmData", usage.data_pages);
    kilobytes("VmStk", usage.stack_pages);
    kilobytes("VmExe", usage.executable_pages);
    kilobytes("VmLib", 0);
    kilobytes("VmPTE", 0);
    kilobytes("VmSwap", 0);
}

void add_mask(text& out, std::string_view name, u64 value)
{
    out.format("{}:\t", name).hex(value, 16).add("\n");
}

void add_signals(text& out, task& t)
{
    const auto sets = read_signals(t);
    add_mask(out, "SigPnd", sets.own);
    add_mask(out, "ShdPnd", sets.shared);
    add_mask(out, "SigBlk", sets.blocked);
    add_mask(out, "SigIgn", sets.ignored);
    add_mask(out, "SigCgt", sets.caught);
}

void add_credentials(text& out, const credentials& who)
{
    const auto ids = [&](std::string_view name, const identity& i) {
        out.line("{}:\t{}\t{}\t{}\t{}", name, i.real, i.effective, i.saved, i.file_system);
    };
    ids("Uid", who.user);
    ids("Gid", who.group);
}

void add_capabilities(text& out, const credentials& who)
{
    add_mask(out, "CapInh", who.inheritable);
    add_mask(out, "CapPrm", who.permitted);
    add_mask(out, "CapEff", who.effective);
    add_mask(out, "CapBnd", who.bounding);
    add_mask(out, "CapAmb", who.ambient);
}

void add_affinity(text& out, const task& t)
{
    const auto allowed = t.affinity();
    u32 mask = 0;
    for (unsigned cpu = 0; cpu < arch::cpu_count() && cpu < 32; cpu++)
        mask |= allowed.contains(cpu) ? 1u << cpu : 0;
    out.add("Cpus_allowed:\t").hex(mask, 8).add("\nCpus_allowed_list:\t");
    bool first = true;
    for (unsigned cpu = 0; cpu < arch::cpu_count(); cpu++)
        if (allowed.contains(cpu)) {
            out.format(first ? "{}" : ",{}", cpu);
            first = false;
        }
    out.add("\nMems_allowed:\t1\nMems_allowed_list:\t0\n");
}

constexpr s64 to_ticks(nanoseconds n)
{
    return n.count() / (1'000'000'000 / clock_ticks_per_second);
}
} // namespace

result<void> task_status(text& out, const numbers& which)
{
    auto t = TRY(find_task(which));
    auto& p = t->program();
    const auto who = t->shared_credentials();
    out.line("Name:\t{}", t->name());
    out.add("Umask:\t0")
        .format("{}{}{}\n", p.fs().umask() >> 6 & 7, p.fs().umask() >> 3 & 7, p.fs().umask() & 7);
    const char letter = state_letter(*t);
    out.line("State:\t{} ({})", letter, letter == 'R' ? "running" : letter == 'S' ? "sleeping" : "zombie");
    out.line("Tgid:\t{}\nNgid:\t0\nPid:\t{}\nPPid:\t0\nTracerPid:\t0", p.pid(), t->tid);
    add_credentials(out, *who);
    out.line("FDSize:\t{}", p.descriptors().capacity());
    out.add("Groups:\t");
    for (const u32 group : who->groups())
        out.format("{} ", group);
    out.add("\n");
    out.line("NStgid:\t{}\nNSpid:\t{}\nNSpgid:\t{}\nNSsid:\t{}", p.pid(), t->tid, p.pid(), p.pid());
    add_memory(out, p.address_space().usage());
    out.add("CoreDumping:\t0\nTHP_enabled:\t1\n");
    out.line("Threads:\t{}", p.thread_count());
    out.line("SigQ:\t0/{}", p.limits().current(rlimit_sigpending));
    add_signals(out, *t);
    add_capabilities(out, *who);
    out.line("NoNewPrivs:\t{}", p.no_new_privileges.load() ? 1 : 0);
    out.add("Seccomp:\t0\nSeccomp_filters:\t0\nSpeculation_Store_Bypass:\tvulnerable\n");
    add_affinity(out, *t);
    out.line("voluntary_ctxt_switches:\t{}", t->voluntary_switches());
    out.line("nonvoluntary_ctxt_switches:\t{}", t->involuntary_switches());
    return {};
}

result<void> task_stat(text& out, const numbers& which)
{
    auto t = TRY(find_task(which));
    auto& p = t->program();
    const auto usage = p.address_space().usage();
    const auto sets = read_signals(*t);
    // As the program's own file it tells the sum of its threads.
    const bool whole = which.count == 1;
    const auto times = whole ? p.cpu_times() : t->cpu_times();
    const auto used = whole ? p.usage() : thread_usage::of(*t);
    const auto parameters = t->scheduling();
    const int priority = parameters.is_realtime() ? -1 - parameters.realtime_priority : 20 + parameters.nice;
    out.format("{} ({}) {} 0 {} {} 0 -1 4194560 ", t->tid, t->name(), state_letter(*t), p.pid(), p.pid());
    out.format("{} 0 {} 0 {} {} 0 0 ", used.minor_faults, used.major_faults, to_ticks(times.user),
               to_ticks(times.system));
    out.format("{} {} {} 0 {} ", priority, parameters.nice, p.thread_count(),
               to_ticks(t->start_time.time_since_epoch()));
    out.format("{} {} {} ", usage.mapped_pages * page_size, usage.resident_pages,
               p.limits().current(rlimit_rss));
    out.format("0 0 {} 0 0 ", p.addresses().stack_start.value);
    out.format("{} {} {} {} 0 0 0 17 {} ", sets.own & 0x7fffffff, sets.blocked & 0x7fffffff,
               sets.ignored & 0x7fffffff, sets.caught & 0x7fffffff, t->last_cpu());
    const auto& a = p.addresses();
    out.format("{} {} 0 0 0 0 0 0 ", parameters.realtime_priority, static_cast<unsigned>(parameters.policy));
    out.line("{} {} {} {} 0", a.arguments_start.value, a.arguments_end.value, a.environment_start.value,
             a.environment_end.value);
    return {};
}

result<void> task_statm(text& out, const numbers& which)
{
    const auto p = TRY(find_program(which));
    const auto usage = p->address_space().usage();
    out.line("{} {} 0 {} 0 {} 0", usage.mapped_pages, usage.resident_pages, usage.executable_pages,
             usage.data_pages + usage.stack_pages);
    return {};
}

result<void> task_name(text& out, const numbers& which)
{
    const auto t = TRY(find_task(which));
    out.line("{}", t->name());
    return {};
}

result<void> set_task_name(std::string_view written, const numbers& which)
{
    const auto t = TRY(find_task(which));
    t->set_name(written);
    return {};
}

result<void> task_schedule(text& out, const numbers& which)
{
    const auto t = TRY(find_task(which));
    out.line("{} 0 {}", t->cpu_time().count(), t->voluntary_switches() + t->involuntary_switches());
    return {};
}

result<void> task_limits(text& out, const numbers& which)
{
    struct limit_name {
        unsigned resource;
        std::string_view name, unit;
    };
    static constexpr limit_name names[] = {
        {rlimit_cpu, "Max cpu time", "seconds"},
        {rlimit_fsize, "Max file size", "bytes"},
        {rlimit_data, "Max data size", "bytes"},
        {rlimit_stack, "Max stack size", "bytes"},
        {rlimit_core, "Max core file size", "bytes"},
        {rlimit_rss, "Max resident set", "bytes"},
        {rlimit_nproc, "Max processes", "processes"},
        {rlimit_nofile, "Max open files", "files"},
        {rlimit_memlock, "Max locked memory", "bytes"},
        {rlimit_as, "Max address space", "bytes"},
        {rlimit_locks, "Max file locks", "locks"},
        {rlimit_sigpending, "Max pending signals", "signals"},
        {rlimit_msgqueue, "Max msgqueue size", "bytes"},
        {rlimit_nice, "Max nice priority", ""},
        {rlimit_rtprio, "Max realtime priority", ""},
        {rlimit_rttime, "Max realtime timeout", "us"},
    };
    const auto p = TRY(find_program(which));
    const auto value = [&](u64 v, size_t column) {
        if (v == rlim_infinity)
            out.add("unlimited");
        else
            out.format("{}", v);
        out.pad_to(column);
    };
    out.add("Limit                     Soft Limit           Hard Limit           Units     \n");
    for (const auto& n : names) {
        const auto pair = p->limits().get(n.resource);
        out.add(n.name).pad_to(26);
        value(pair.current, 47);
        value(pair.maximum, 68);
        out.add(n.unit).pad_to(78).add("\n");
    }
    return {};
}
} // namespace proc
