// The rows of /sys, as far as programs look there.
#include "linux/proc/generators.hh"
#include "linux/proc/mount.hh"

namespace proc
{
namespace
{
constexpr auto empty_directory = vfs::file_type::directory;

result<void> nothing(text&, const numbers&)
{
    return {};
}

constexpr row rows[] = {
    {"block", nothing, empty_directory},
    {"bus", nothing, empty_directory},
    {"class/block", nothing, empty_directory},
    {"class/net", nothing, empty_directory},
    {"dev/block", nothing, empty_directory},
    {"dev/char", nothing, empty_directory},
    {"devices/system/clocksource/clocksource0/available_clocksource", fixed<"tsc\n">},
    {"devices/system/clocksource/clocksource0/current_clocksource", fixed<"tsc\n">},
    {"devices/system/cpu/isolated", fixed<"\n">},
    {"devices/system/cpu/kernel_max", fixed<"255\n">},
    {"devices/system/cpu/offline", fixed<"\n">},
    {"devices/system/cpu/online", cpu_list},
    {"devices/system/cpu/possible", cpu_list},
    {"devices/system/cpu/present", cpu_list},
    {"devices/system/cpu/smt/active", fixed<"0\n">},
    {"devices/system/cpu/smt/control", fixed<"notsupported\n">},
    {"devices/system/cpu/cpu{cpu}/cache/index0/coherency_line_size", fixed<"64\n">},
    {"devices/system/cpu/cpu{cpu}/cache/index0/level", fixed<"1\n">},
    {"devices/system/cpu/cpu{cpu}/cache/index0/shared_cpu_list", own_cpu_list},
    {"devices/system/cpu/cpu{cpu}/cache/index0/shared_cpu_map", own_cpu_mask},
    {"devices/system/cpu/cpu{cpu}/cache/index0/size", fixed<"32K\n">},
    {"devices/system/cpu/cpu{cpu}/cache/index0/type", fixed<"Data\n">},
    {"devices/system/cpu/cpu{cpu}/topology/core_cpus_list", own_cpu_list},
    {"devices/system/cpu/cpu{cpu}/topology/core_id", cpu_number},
    {"devices/system/cpu/cpu{cpu}/topology/core_siblings", cpu_mask},
    {"devices/system/cpu/cpu{cpu}/topology/core_siblings_list", cpu_list},
    {"devices/system/cpu/cpu{cpu}/topology/die_id", fixed<"0\n">},
    {"devices/system/cpu/cpu{cpu}/topology/package_cpus_list", cpu_list},
    {"devices/system/cpu/cpu{cpu}/topology/physical_package_id", fixed<"0\n">},
    {"devices/system/cpu/cpu{cpu}/topology/thread_siblings", own_cpu_mask},
    {"devices/system/cpu/cpu{cpu}/topology/thread_siblings_list", own_cpu_list},
    {"devices/system/node/has_cpu", fixed<"0\n">},
    {"devices/system/node/has_memory", fixed<"0\n">},
    {"devices/system/node/online", fixed<"0\n">},
    {"devices/system/node/possible", fixed<"0\n">},
    {"devices/system/node/node0/cpulist", cpu_list},
    {"devices/system/node/node0/cpumap", cpu_mask},
    {"devices/system/node/node0/distance", fixed<"10\n">},
    {"devices/system/node/node0/meminfo", node_memory},
    {"fs/cgroup", nothing, empty_directory},
    {"kernel/mm/hugepages", nothing, empty_directory},
    {"kernel/mm/transparent_hugepage/defrag", fixed<"always defer defer+madvise [madvise] never\n">},
    {"kernel/mm/transparent_hugepage/enabled", fixed<"always [madvise] never\n">},
    {"kernel/mm/transparent_hugepage/hpage_pmd_size", fixed<"2097152\n">},
    {"kernel/mm/transparent_hugepage/shmem_enabled", fixed<"always within_size advise [never] deny force\n">},
    {"kernel/mm/transparent_hugepage/use_zero_page", fixed<"1\n">},
    {"power/state", fixed<"\n">},
};

constinit const number_kind* const kinds[] = {&cpu_kind};
} // namespace

const table& sys_table()
{
    static constinit const table content{"sysfs", 0x62656572, rows, kinds};
    return content;
}
} // namespace proc
