// The rows of /proc. To add a file: a row here and its generator (docs/proc.md).
#include "linux/proc/generators.hh"
#include "linux/proc/mount.hh"

namespace proc
{
namespace
{
constexpr auto symlink = vfs::file_type::symlink;
constexpr auto empty_directory = vfs::file_type::directory;

result<void> nothing(text&, const numbers&)
{
    return {};
}

constexpr row rows[] = {
    // The machine.
    {"cgroups", fixed<"#subsys_name\thierarchy\tnum_cgroups\tenabled\n">},
    {"cmdline", fixed<"\n">},
    {"cpuinfo", cpu_information},
    {"devices", fixed<"Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n\nBlock devices:\n">},
    {"filesystems", file_systems},
    {"interrupts", fixed<"">},
    {"loadavg", load_average},
    {"meminfo", memory_information},
    {"modules", fixed<"">},
    {"mounts", fixed<"self/mounts">, symlink},
    {"partitions", fixed<"major minor  #blocks  name\n\n">},
    {"self", self_link, symlink},
    {"stat", cpu_statistics},
    {"swaps", fixed<"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n">},
    {"thread-self", thread_self_link, symlink},
    {"uptime", uptime},
    {"version", kernel_version},
    {"vmstat", memory_statistics},

    // One thread; the program's own directory shows its first.
    {"{pid}/auxv", auxiliary_vector, vfs::file_type::regular, 0400},
    {"{pid}/cgroup", fixed<"0::/\n">},
    {"{pid}/cmdline", command_line},
    {"{pid}/comm", task_name, vfs::file_type::regular, 0644, set_task_name},
    {"{pid}/coredump_filter", core_dump_filter, vfs::file_type::regular, 0644, set_core_dump_filter},
    {"{pid}/cpuset", fixed<"/\n">},
    {"{pid}/cwd", working_directory_link, symlink, 0777, nullptr, follow_working_directory},
    {"{pid}/environ", environment, vfs::file_type::regular, 0400},
    {"{pid}/exe", executable_link, symlink, 0777, nullptr, follow_executable},
    {"{pid}/fd/{fd}", descriptor_link, symlink, 0700, nullptr, follow_descriptor},
    {"{pid}/fdinfo/{fd}", descriptor_info},
    {"{pid}/io",
     fixed<"rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\n"
           "cancelled_write_bytes: 0\n">,
     vfs::file_type::regular, 0400},
    {"{pid}/limits", task_limits},
    {"{pid}/loginuid", fixed<"4294967295">},
    {"{pid}/maps", memory_maps},
    {"{pid}/mountinfo", mount_info},
    {"{pid}/mounts", mounts},
    {"{pid}/oom_adj", fixed<"0\n">},
    {"{pid}/oom_score", fixed<"0\n">},
    {"{pid}/oom_score_adj", out_of_memory_adjustment, vfs::file_type::regular, 0644,
     set_out_of_memory_adjustment},
    {"{pid}/personality", fixed<"00000000\n">, vfs::file_type::regular, 0400},
    {"{pid}/root", fixed<"/">, symlink},
    {"{pid}/schedstat", task_schedule},
    {"{pid}/smaps", detailed_memory_maps},
    {"{pid}/stat", task_stat},
    {"{pid}/statm", task_statm},
    {"{pid}/status", task_status},
    {"{pid}/task/{tid}/comm", task_name, vfs::file_type::regular, 0644, set_task_name},
    {"{pid}/task/{tid}/maps", memory_maps},
    {"{pid}/task/{tid}/schedstat", task_schedule},
    {"{pid}/task/{tid}/stat", task_stat},
    {"{pid}/task/{tid}/statm", task_statm},
    {"{pid}/task/{tid}/status", task_status},
    {"{pid}/wchan", fixed<"0">},

    // Settings of the kernel, as far as programs read them.
    {"sys/fs/aio-max-nr", fixed<"65536\n">},
    {"sys/fs/file-max", fixed<"9223372036854775807\n">},
    {"sys/fs/file-nr", open_files},
    {"sys/fs/nr_open", fixed<"1048576\n">},
    {"sys/fs/pipe-max-size", fixed<"1048576\n">},
    {"sys/kernel/cap_last_cap", fixed<"40\n">},
    {"sys/kernel/core_pattern", fixed<"core\n">},
    {"sys/kernel/domainname", fixed<"(none)\n">},
    {"sys/kernel/hostname", host_name},
    {"sys/kernel/msgmax", fixed<"8192\n">},
    {"sys/kernel/ngroups_max", fixed<"65536\n">},
    {"sys/kernel/osrelease", kernel_release},
    {"sys/kernel/ostype", fixed<"Linux\n">},
    {"sys/kernel/overflowgid", fixed<"65534\n">},
    {"sys/kernel/overflowuid", fixed<"65534\n">},
    {"sys/kernel/perf_event_paranoid", fixed<"3\n">},
    {"sys/kernel/pid_max", fixed<"4194304\n">},
    {"sys/kernel/random/boot_id", boot_identifier},
    {"sys/kernel/random/entropy_avail", fixed<"256\n">},
    {"sys/kernel/random/poolsize", fixed<"256\n">},
    {"sys/kernel/random/uuid", random_identifier},
    {"sys/kernel/randomize_va_space", fixed<"2\n">},
    {"sys/kernel/sched_rr_timeslice_ms", fixed<"100\n">},
    {"sys/kernel/seccomp/actions_avail", fixed<"\n">},
    {"sys/kernel/shmall", fixed<"18446744073692774399\n">},
    {"sys/kernel/shmmax", fixed<"18446744073692774399\n">},
    {"sys/kernel/shmmni", fixed<"4096\n">},
    {"sys/kernel/threads-max", largest_thread_count},
    {"sys/kernel/version", kernel_build},
    {"sys/net/core/optmem_max", fixed<"20480\n">},
    {"sys/net/core/rmem_default", fixed<"212992\n">},
    {"sys/net/core/rmem_max", fixed<"212992\n">},
    {"sys/net/core/somaxconn", fixed<"4096\n">},
    {"sys/net/core/wmem_default", fixed<"212992\n">},
    {"sys/net/core/wmem_max", fixed<"212992\n">},
    {"sys/net/ipv4/ip_local_port_range", fixed<"32768\t60999\n">},
    {"sys/net/ipv4/tcp_rmem", fixed<"4096\t131072\t6291456\n">},
    {"sys/net/ipv4/tcp_wmem", fixed<"4096\t16384\t4194304\n">},
    {"sys/vm/max_map_count", fixed<"65530\n">},
    {"sys/vm/mmap_min_addr", fixed<"4096\n">},
    {"sys/vm/nr_hugepages", fixed<"0\n">},
    {"sys/vm/overcommit_memory", fixed<"1\n">},
    {"sys/vm/overcommit_ratio", fixed<"50\n">},
    {"sys/vm/swappiness", fixed<"0\n">},

    {"driver", nothing, empty_directory},
    {"irq", nothing, empty_directory},
    {"tty", nothing, empty_directory},
};

constinit const number_kind* const kinds[] = {&pid_kind, &tid_kind, &descriptor_kind};
} // namespace

const table& proc_table()
{
    static constinit const table content{"proc", 0x9fa0, rows, kinds};
    return content;
}
} // namespace proc
