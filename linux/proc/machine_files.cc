// Files about the machine: memory, time, identity.
#include "arch/smp.hh"
#include "core/mm/frames.hh"
#include "core/mm/heap.hh"
#include "core/random.hh"
#include "core/time/clock.hh"
#include "linux/files/descriptor_table.hh"
#include "linux/misc/system.hh"
#include "linux/proc/generators.hh"
#include "linux/task/program.hh"

namespace proc
{
namespace
{
constexpr u64 kib_per_page = page_size / 1024;

void add_kilobytes(text& out, std::string_view name, u64 kib)
{
    out.add(name).add(":").pad_to(16).decimal(kib, 8).add(" kB\n");
}

/// A random UUID, version 4 (RFC 9562).
void add_uuid(text& out, std::array<u8, 16> bytes)
{
    bytes[6] = static_cast<u8>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<u8>((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < bytes.size(); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out.add("-");
        out.hex(bytes[i], 2);
    }
    out.add("\n");
}

std::array<u8, 16> random_bytes()
{
    std::array<u8, 16> bytes;
    random_fill(std::as_writable_bytes(std::span(bytes)));
    return bytes;
}

void add_seconds(text& out, nanoseconds n)
{
    const auto hundredths = n.count() / 10'000'000;
    out.format("{}.{}{}", hundredths / 100, hundredths / 10 % 10, hundredths % 10);
}

nanoseconds busy_time()
{
    linux::program* const p = linux::first_program();
    return p ? p->cpu_time() : nanoseconds(0);
}
} // namespace

result<void> memory_information(text& out, const numbers&)
{
    const auto frames = mm::statistics();
    const u64 total = frames.total * kib_per_page;
    const u64 free = frames.free * kib_per_page;
    add_kilobytes(out, "MemTotal", total);
    add_kilobytes(out, "MemFree", free);
    add_kilobytes(out, "MemAvailable", free);
    const u64 slabs = mm::heap_usage().slab_frames * kib_per_page;
    for (const std::string_view name :
         {"Buffers", "Cached", "SwapCached", "Active", "Inactive", "Unevictable", "Mlocked", "SwapTotal",
          "SwapFree", "Dirty", "Writeback", "AnonPages", "Mapped", "Shmem"})
        add_kilobytes(out, name, 0);
    add_kilobytes(out, "Slab", slabs);
    add_kilobytes(out, "SReclaimable", 0);
    add_kilobytes(out, "SUnreclaim", slabs);
    add_kilobytes(out, "KernelStack", 0);
    add_kilobytes(out, "PageTables", 0);
    add_kilobytes(out, "CommitLimit", total);
    add_kilobytes(out, "Committed_AS", total - free);
    add_kilobytes(out, "VmallocTotal", 34359738367);
    add_kilobytes(out, "VmallocUsed", 0);
    add_kilobytes(out, "AnonHugePages", 0);
    out.add("HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\n");
    add_kilobytes(out, "Hugepagesize", large_page_size / 1024);
    return {};
}

result<void> cpu_statistics(text& out, const numbers&)
{
    const unsigned cpus = arch::cpu_count();
    constexpr s64 per_tick = 10'000'000;
    linux::program* const p = linux::first_program();
    const auto times = p ? p->cpu_times() : linux::cpu_times{};
    const s64 user = times.user.count() / per_tick, system = times.system.count() / per_tick;
    const s64 busy = user + system;
    const s64 all = timekeeping::now().time_since_epoch().count() / per_tick * cpus;
    const s64 idle = all > busy ? all - busy : 0;
    out.line("cpu  {} 0 {} {} 0 0 0 0 0 0", user, system, idle);
    for (unsigned cpu = 0; cpu < cpus; cpu++)
        out.line("cpu{} {} 0 {} {} 0 0 0 0 0 0", cpu, user / cpus, system / cpus, idle / cpus);
    const auto booted = timekeeping::wall_clock() - timekeeping::now().time_since_epoch();
    out.line("intr 0\nctxt 0\nbtime {}", booted.count() / 1'000'000'000);
    out.add("processes 1\nprocs_running 1\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n");
    return {};
}

result<void> uptime(text& out, const numbers&)
{
    const auto up = timekeeping::now().time_since_epoch();
    const auto idle = up * arch::cpu_count() - busy_time();
    add_seconds(out, up);
    out.add(" ");
    add_seconds(out, idle < nanoseconds(0) ? nanoseconds(0) : idle);
    out.add("\n");
    return {};
}

result<void> load_average(text& out, const numbers&)
{
    linux::program* const p = linux::first_program();
    out.line("0.00 0.00 0.00 1/{} {}", p ? p->thread_count() : 0, p ? p->pid() : 0);
    return {};
}

result<void> kernel_version(text& out, const numbers&)
{
    out.line("Linux version {} (kiln@kiln) {}", linux::kernel_release, linux::kernel_version);
    return {};
}

result<void> random_identifier(text& out, const numbers&)
{
    add_uuid(out, random_bytes());
    return {};
}

result<void> boot_identifier(text& out, const numbers&)
{
    // Two threads may both be the first to ask; then the first to store wins.
    static constinit std::atomic<u64> high{0}, low{0};
    u64 none = 0;
    high.compare_exchange_strong(none, random_u64() | 1);
    none = 0;
    low.compare_exchange_strong(none, random_u64() | 1);
    std::array<u8, 16> bytes;
    for (size_t i = 0; i < 8; i++) {
        bytes[i] = static_cast<u8>(high.load() >> (8 * i));
        bytes[8 + i] = static_cast<u8>(low.load() >> (8 * i));
    }
    add_uuid(out, bytes);
    return {};
}

result<void> memory_statistics(text& out, const numbers&)
{
    const auto frames = mm::statistics();
    out.line(
        "nr_free_pages {}\npgpgin 0\npgpgout 0\npswpin 0\npswpout 0\npgfault 0\npgmajfault 0\noom_kill 0",
        frames.free);
    return {};
}

result<void> open_files(text& out, const numbers&)
{
    linux::program* const p = linux::first_program();
    u64 count = 0;
    if (p)
        for (int fd = p->descriptors().next_open(0); fd >= 0; fd = p->descriptors().next_open(fd + 1))
            count++;
    out.line("{}\t0\t9223372036854775807", count);
    return {};
}

result<void> largest_thread_count(text& out, const numbers&)
{
    out.line("{}", mm::statistics().total / 8); // what kernel stacks would take of memory
    return {};
}

result<void> host_name(text& out, const numbers&)
{
    out.line("{}", linux::node_name().data());
    return {};
}

result<void> kernel_release(text& out, const numbers&)
{
    out.line("{}", linux::kernel_release);
    return {};
}

result<void> kernel_build(text& out, const numbers&)
{
    out.line("{}", linux::kernel_version);
    return {};
}
} // namespace proc
