// Scheduling of threads: CPUs, policies, priorities (sched(7)).
#include <algorithm>
#include <array>

#include "arch/cpu.hh"
#include "arch/smp.hh"
#include "linux/task/calls.hh"
#include "linux/task/task.hh"
#include "linux/time/conversion.hh"

namespace linux
{
namespace
{
constexpr int max_realtime_priority = 99;
constexpr nanoseconds round_robin_slice = milliseconds(100);
constexpr nanoseconds fair_slice = milliseconds(4);

result<ref_ptr<task>> find_thread(int tid)
{
    if (tid < 0)
        return fail(errc::einval);
    if (tid == 0)
        return ref_ptr<task>(current_task());
    auto t = current_program().find(tid);
    if (!t)
        return fail(errc::esrch);
    return t;
}

constexpr bool is_realtime(int policy)
{
    return policy == static_cast<int>(sched::policy::fifo) ||
           policy == static_cast<int>(sched::policy::round_robin);
}
constexpr bool is_fair(int policy)
{
    return policy == static_cast<int>(sched::policy::other) ||
           policy == static_cast<int>(sched::policy::batch) ||
           policy == static_cast<int>(sched::policy::idle);
}

/// Whether the caller may take realtime priority `wanted` (CAP_SYS_NICE or RLIMIT_RTPRIO).
bool may_use_priority(int wanted)
{
    return current_task().credentials().has_capability(capability_sys_nice) ||
           static_cast<u64>(wanted) <= current_program().limits().current(rlimit_rtprio);
}

result<void> set_policy(task& target, int policy, int priority)
{
    policy &= ~sched_reset_on_fork;
    if (policy == sched_deadline || !(is_realtime(policy) || is_fair(policy)))
        return fail(errc::einval);
    const bool priority_fits =
        is_realtime(policy) ? priority >= 1 && priority <= max_realtime_priority : priority == 0;
    if (!priority_fits)
        return fail(errc::einval);
    if (is_realtime(policy) && !may_use_priority(priority))
        return fail(errc::eperm);
    auto parameters = target.scheduling();
    parameters.policy = static_cast<sched::policy>(policy);
    parameters.realtime_priority = static_cast<u8>(priority);
    target.set_scheduling(parameters);
    lock_guard guard{inheritance_lock};
    target.update(); // the owner of what it waits for inherits this
    return {};
}

result<void> set_nice(task& target, int nice)
{
    auto parameters = target.scheduling();
    nice = std::clamp(nice, -20, 19);
    const bool privileged = current_task().credentials().has_capability(capability_sys_nice);
    const auto floor =
        20 - static_cast<s64>(std::min<u64>(current_program().limits().current(rlimit_nice), 40));
    if (nice < parameters.nice && !privileged && nice < floor)
        return fail(errc::eacces);
    parameters.nice = static_cast<s8>(nice);
    target.set_scheduling(parameters);
    return {};
}

/// Bytes of a mask that programs see: whole words that hold all CPUs.
size_t mask_bytes()
{
    return align_up(size_t{arch::cpu_count()}, 64) / 8;
}

/// Whether a PRIO_* number names this program.
result<void> check_priority_target(int which, int who)
{
    auto& owner = current_program();
    switch (which) {
    case prio_process:
        return who == 0 || (who > 0 && owner.find(who)) ? result<void>{} : fail(errc::esrch);
    case prio_pgrp:
        return who == 0 || who == owner.pid() ? result<void>{} : fail(errc::esrch);
    case prio_user:
        return who == 0 || static_cast<u32>(who) == current_task().credentials().user.real
                   ? result<void>{}
                   : fail(errc::esrch);
    default:
        return fail(errc::einval);
    }
}

ref_ptr<task> priority_target(int which, int who)
{
    if (which == prio_process && who != 0)
        if (auto t = current_program().find(who))
            return t;
    return ref_ptr<task>(current_task());
}
} // namespace

result<void> sys_sched_yield()
{
    sched::yield();
    return {};
}

result<size_t> sys_sched_getaffinity(int tid, u32 bytes, virt_addr mask)
{
    if (u64{bytes} * 8 < arch::cpu_count() || bytes % sizeof(u64))
        return fail(errc::einval);
    const auto target = TRY(find_thread(tid));
    const auto set = target->affinity();
    std::array<u64, sched::cpu_set::word_count> words{};
    for (unsigned n = 0; n < arch::cpu_count(); n++)
        if (set.contains(n))
            words[n / 64] |= u64{1} << n % 64;
    const size_t length = std::min<size_t>(bytes, mask_bytes());
    TRY(mm::copy_to_user(mask, words.data(), length));
    return length;
}

result<void> sys_sched_setaffinity(int tid, u32 bytes, virt_addr mask)
{
    std::array<u64, sched::cpu_set::word_count> words{};
    TRY(mm::copy_from_user(words.data(), mask, std::min<size_t>(bytes, sizeof words)));
    const auto target = TRY(find_thread(tid));
    sched::cpu_set set;
    for (size_t i = 0; i < words.size(); i++)
        set.set_word(i, words[i]);
    return target->set_affinity(set);
}

result<int> sys_sched_getscheduler(int tid)
{
    const auto target = TRY(find_thread(tid));
    return static_cast<int>(target->scheduling().policy);
}

result<void> sys_sched_setscheduler(int tid, int policy, user_ptr<const sched_param> parameters)
{
    if (policy < 0 || !parameters || tid < 0)
        return fail(errc::einval);
    const auto given = TRY(parameters.read());
    const auto target = TRY(find_thread(tid));
    return set_policy(*target, policy, given.priority);
}

result<void> sys_sched_getparam(int tid, user_ptr<sched_param> parameters)
{
    if (!parameters)
        return fail(errc::einval);
    const auto target = TRY(find_thread(tid));
    return parameters.write({.priority = target->scheduling().realtime_priority});
}

result<void> sys_sched_setparam(int tid, user_ptr<const sched_param> parameters)
{
    if (!parameters || tid < 0)
        return fail(errc::einval);
    const auto given = TRY(parameters.read());
    const auto target = TRY(find_thread(tid));
    return set_policy(*target, static_cast<int>(target->scheduling().policy), given.priority);
}

result<void> sys_sched_getattr(int tid, virt_addr attributes, u32 size, u32 flags)
{
    if (!attributes.value || size < sched_attr_size_ver0 || size > page_size || flags)
        return fail(errc::einval);
    const auto target = TRY(find_thread(tid));
    const auto parameters = target->scheduling();
    sched_attr attr{};
    attr.size = std::min<u32>(size, sizeof attr);
    attr.policy = static_cast<u32>(parameters.policy);
    attr.nice = parameters.nice;
    attr.priority = parameters.realtime_priority;
    attr.util_max = 1024;
    return mm::copy_to_user(attributes, &attr, attr.size);
}

result<void> sys_sched_setattr(int tid, virt_addr attributes, u32 flags)
{
    if (!attributes.value || tid < 0 || flags)
        return fail(errc::einval);
    u32 size = TRY(user_ptr<const u32>(attributes).read());
    if (size == 0)
        size = sched_attr_size_ver0;
    if (size < sched_attr_size_ver0 || size > page_size)
        return fail(errc::e2big);
    sched_attr attr{};
    TRY(mm::copy_from_user(&attr, attributes, std::min<size_t>(size, sizeof attr)));
    const auto target = TRY(find_thread(tid));
    TRY(set_policy(*target, static_cast<int>(attr.policy), static_cast<int>(attr.priority)));
    return is_fair(static_cast<int>(attr.policy)) ? set_nice(*target, attr.nice) : result<void>{};
}

result<int> sys_sched_get_priority_max(int policy)
{
    if (is_realtime(policy))
        return max_realtime_priority;
    return is_fair(policy) || policy == sched_deadline ? result<int>(0) : fail(errc::einval);
}

result<int> sys_sched_get_priority_min(int policy)
{
    if (is_realtime(policy))
        return 1;
    return is_fair(policy) || policy == sched_deadline ? result<int>(0) : fail(errc::einval);
}

result<void> sys_sched_rr_get_interval(int tid, user_ptr<timespec> interval)
{
    const auto target = TRY(find_thread(tid));
    nanoseconds slice = fair_slice;
    if (target->scheduling().policy == sched::policy::round_robin)
        slice = round_robin_slice;
    else if (target->scheduling().policy == sched::policy::fifo)
        slice = nanoseconds(0);
    return interval.write(to_timespec(slice));
}

result<int> sys_getpriority(int which, int who)
{
    TRY(check_priority_target(which, who));
    return 20 - priority_target(which, who)->scheduling().nice; // 1 to 40, so that it is never negative
}

result<void> sys_setpriority(int which, int who, int nice)
{
    TRY(check_priority_target(which, who));
    return set_nice(*priority_target(which, who), nice);
}

result<void> sys_getcpu(user_ptr<u32> cpu, user_ptr<u32> node)
{
    if (cpu)
        TRY(cpu.write(arch::current_cpu()));
    if (node)
        TRY(node.write(0));
    return {};
}

// Priorities of input and output are accepted, as on a Linux whose disks have no scheduler.
result<int> sys_ioprio_get(int which, int)
{
    if (which < 1 || which > 3)
        return fail(errc::einval);
    return 0;
}

result<void> sys_ioprio_set(int which, int, int priority)
{
    constexpr int class_shift = 13, highest_class = 3;
    if (which < 1 || which > 3 || priority >> class_shift > highest_class || priority < 0)
        return fail(errc::einval);
    return {};
}
} // namespace linux
