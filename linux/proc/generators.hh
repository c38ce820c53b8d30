// What the rows of /proc and /sys call. Grouped by the file that they are in; formats are proc(5)'s and
// sysfs's.
#pragma once

#include "linux/proc/tree.hh"

namespace linux
{
class program;
class task;
} // namespace linux

namespace proc
{
/// Text that never changes.
template <size_t Length>
struct literal {
    char bytes[Length];
    constexpr literal(const char (&s)[Length]) { std::copy_n(s, Length, bytes); }
};
template <literal Text>
result<void> fixed(text& out, const numbers&)
{
    out.add({Text.bytes, sizeof(Text.bytes) - 1});
    return {};
}

// subjects.cc: which programs and threads there are. Errors: esrch.
result<ref_ptr<linux::program>> find_program(const numbers& which);
result<ref_ptr<linux::task>> find_task(const numbers& which);
extern const number_kind pid_kind, tid_kind, descriptor_kind, cpu_kind;
result<void> self_link(text& out, const numbers&);
result<void> thread_self_link(text& out, const numbers&);

// task_files.cc
result<void> task_status(text& out, const numbers& which);
result<void> task_stat(text& out, const numbers& which);
result<void> task_statm(text& out, const numbers& which);
result<void> task_name(text& out, const numbers& which);
result<void> set_task_name(std::string_view written, const numbers& which);
result<void> task_limits(text& out, const numbers& which);
result<void> task_schedule(text& out, const numbers& which);

// program_files.cc
result<void> command_line(text& out, const numbers& which);
result<void> environment(text& out, const numbers& which);
result<void> auxiliary_vector(text& out, const numbers& which);
result<void> executable_link(text& out, const numbers& which);
result<bool> follow_executable(vfs::path& target, const numbers& which);
result<void> working_directory_link(text& out, const numbers& which);
result<bool> follow_working_directory(vfs::path& target, const numbers& which);
result<void> out_of_memory_adjustment(text& out, const numbers& which);
result<void> inotify_instance_limit(text& out, const numbers& which);
result<void> set_inotify_instance_limit(std::string_view written, const numbers& which);
result<void> inotify_queue_limit(text& out, const numbers& which);
result<void> set_inotify_queue_limit(std::string_view written, const numbers& which);
result<void> inotify_watch_limit(text& out, const numbers& which);
result<void> set_inotify_watch_limit(std::string_view written, const numbers& which);
/// A number that was written to a setting. Errors: einval.
result<int> parse_setting(std::string_view written, int lowest, int highest, int base = 10);
result<void> set_out_of_memory_adjustment(std::string_view written, const numbers& which);
result<void> core_dump_filter(text& out, const numbers& which);
result<void> set_core_dump_filter(std::string_view written, const numbers& which);

// descriptor_files.cc
result<void> descriptor_link(text& out, const numbers& which);
result<bool> follow_descriptor(vfs::path& target, const numbers& which);
result<void> descriptor_info(text& out, const numbers& which);

// memory_files.cc
result<void> memory_maps(text& out, const numbers& which);
result<void> detailed_memory_maps(text& out, const numbers& which);

// mount_files.cc
result<void> mounts(text& out, const numbers& which);
result<void> mount_info(text& out, const numbers& which);
result<void> file_systems(text& out, const numbers& which);

// machine_files.cc
result<void> memory_information(text& out, const numbers& which);
result<void> cpu_statistics(text& out, const numbers& which);
result<void> uptime(text& out, const numbers& which);
result<void> load_average(text& out, const numbers& which);
result<void> kernel_version(text& out, const numbers& which);
result<void> random_identifier(text& out, const numbers& which);
result<void> boot_identifier(text& out, const numbers& which);
result<void> memory_statistics(text& out, const numbers& which);
result<void> open_files(text& out, const numbers& which);
result<void> largest_thread_count(text& out, const numbers& which);
result<void> host_name(text& out, const numbers& which);
result<void> kernel_release(text& out, const numbers& which);
result<void> kernel_build(text& out, const numbers& which);

// socket_files.cc
result<void> tcp_sockets(text& out, const numbers& which);
result<void> tcp6_sockets(text& out, const numbers& which);
result<void> udp_sockets(text& out, const numbers& which);
result<void> udp6_sockets(text& out, const numbers& which);
result<void> unix_sockets(text& out, const numbers& which);
result<void> netlink_sockets(text& out, const numbers& which);
result<void> socket_statistics(text& out, const numbers& which);
result<void> ipv6_socket_statistics(text& out, const numbers& which);
result<void> tcp_memory_limits(text& out, const numbers& which);

// network_files.cc
result<void> network_devices(text& out, const numbers& which);
result<void> ipv4_routes(text& out, const numbers& which);
result<void> ipv6_addresses(text& out, const numbers& which);
result<void> arp_table(text& out, const numbers& which);

// counter_files.cc
result<void> protocol_counters(text& out, const numbers& which);
result<void> ipv6_protocol_counters(text& out, const numbers& which);
result<void> more_tcp_counters(text& out, const numbers& which);

// cpu_files.cc
result<void> cpu_information(text& out, const numbers& which);
result<void> cpu_list(text& out, const numbers& which);
result<void> cpu_mask(text& out, const numbers& which);
result<void> own_cpu_list(text& out, const numbers& which);
result<void> own_cpu_mask(text& out, const numbers& which);
result<void> cpu_number(text& out, const numbers& which);
result<void> node_memory(text& out, const numbers& which);
} // namespace proc
