// Resource limits and usage (getrlimit(2), getrusage(2)).
#include "core/mm/address_space.hh"
#include "linux/files/descriptor_table.hh"
#include "linux/task/calls.hh"
#include "linux/task/task.hh"
#include "linux/time/conversion.hh"

namespace linux
{
namespace
{
constexpr u64 most_descriptors = 1u << 20; // fs.nr_open

/// Tells those who enforce a limit.
void apply(program& owner, unsigned resource, const rlimit& limit)
{
    switch (resource) {
    case rlimit_nofile:
        owner.descriptors().set_limit(limit.current);
        break;
    case rlimit_as:
        owner.address_space().set_size_limit(limit.current);
        break;
    case rlimit_data:
        owner.address_space().set_data_limit(limit.current);
        break;
    default:
        break;
    }
}

result<void> set_limit(program& owner, unsigned resource, const rlimit& wanted)
{
    if (wanted.current > wanted.maximum)
        return fail(errc::einval);
    if (resource == rlimit_nofile && wanted.maximum > most_descriptors)
        return fail(errc::eperm);
    if (wanted.maximum > owner.limits().get(resource).maximum &&
        !current_task().credentials().has_capability(capability_sys_resource))
        return fail(errc::eperm);
    owner.limits().set(resource, wanted);
    apply(owner, resource, wanted);
    return {};
}

void add_usage(rusage& usage, const thread_usage& used, const cpu_times& times)
{
    usage.user_time = to_timeval(times.user);
    usage.system_time = to_timeval(times.system);
    usage.minor_faults = static_cast<s64>(used.minor_faults);
    usage.major_faults = static_cast<s64>(used.major_faults);
    usage.voluntary_switches = static_cast<s64>(used.voluntary_switches);
    usage.involuntary_switches = static_cast<s64>(used.involuntary_switches);
    const auto memory = current_program().address_space().usage();
    usage.max_rss = static_cast<s64>(memory.peak_resident_pages * (page_size / 1024));
}
} // namespace

result<void> sys_prlimit64(int pid, u32 resource, user_ptr<const rlimit> in, user_ptr<rlimit> out)
{
    if (resource >= rlimit_count)
        return fail(errc::einval);
    auto& owner = current_program();
    if (pid != 0 && !owner.find(pid))
        return fail(errc::esrch);
    const auto before = owner.limits().get(resource);
    if (in) {
        const auto wanted = TRY(in.read());
        TRY(set_limit(owner, resource, wanted));
    }
    if (out)
        TRY(out.write(before));
    return {};
}

result<void> sys_getrlimit(u32 resource, user_ptr<rlimit> out)
{
    if (resource >= rlimit_count)
        return fail(errc::einval);
    return out.write(current_program().limits().get(resource));
}

result<void> sys_setrlimit(u32 resource, user_ptr<const rlimit> in)
{
    const auto wanted = TRY(in.read());
    if (resource >= rlimit_count)
        return fail(errc::einval);
    return set_limit(current_program(), resource, wanted);
}

result<void> sys_getrusage(int who, user_ptr<rusage> out)
{
    rusage usage{};
    auto& self = current_task();
    switch (who) {
    case rusage_self:
        add_usage(usage, self.program().usage(), self.program().cpu_times());
        break;
    case rusage_thread:
        add_usage(usage, thread_usage::of(self), self.cpu_times());
        break;
    case rusage_children:
        break;
    default:
        return fail(errc::einval);
    }
    return out.write(usage);
}
} // namespace linux
