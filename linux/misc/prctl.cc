// prctl(2) and arch_prctl(2): settings of threads and of the program.
#include <algorithm>
#include <array>

#include "core/mm/layout.hh"
#include "linux/abi/prctl.hh"
#include "linux/misc/calls.hh"
#include "linux/signal/send.hh"
#include "linux/syscall/refusal.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
constexpr u64 prctl_number = 157;
constexpr u64 arch_prctl_number = 158;
constexpr size_t name_size = 16;
constexpr u64 default_timer_slack = 50000;
constexpr int tsc_enabled = 1;
constexpr int mce_kill_default = 2;

result<void> set_name(u64 address)
{
    // At most 15 characters count, and what lies behind the end of a shorter name need not be there.
    std::array<char, name_size - 1> name{};
    const size_t readable = mm::copy_from_user_partial(name.data(), virt_addr(address), name.size());
    const auto end = std::find(name.begin(), name.begin() + readable, '\0');
    const auto length = static_cast<size_t>(end - name.begin());
    if (length == readable && readable < name.size())
        return fail(errc::efault);
    current_task().set_name({name.data(), length});
    return {};
}

result<void> get_name(u64 address)
{
    std::array<char, name_size> name{};
    const auto text = current_task().name();
    std::copy(text.begin(), text.end(), name.begin());
    return mm::copy_to_user(virt_addr(address), name.data(), name.size());
}

result<void> require(bool condition)
{
    if (!condition)
        return fail(errc::einval);
    return {};
}

result<int> read_bounding_set(u64 capability)
{
    TRY(require(capability <= last_capability));
    return static_cast<int>(current_task().credentials().bounding >> capability & 1);
}

/// Changes a copy of the thread's credentials.
template <class Function>
result<int> change_credentials(Function change)
{
    auto copy = TRY(current_task().credentials().copy());
    change(*copy);
    current_task().set_credentials(std::move(copy));
    return 0;
}

result<int> drop_from_bounding_set(u64 capability)
{
    if (!current_task().credentials().has_capability(capability_setpcap))
        return fail(errc::eperm);
    TRY(require(capability <= last_capability));
    return change_credentials([&](credentials& c) { c.bounding &= ~(u64{1} << capability); });
}

result<int> ambient(u64 operation, u64 capability, u64 fourth, u64 fifth)
{
    if (operation == pr_cap_ambient_clear_all) {
        TRY(require(capability == 0 && fourth == 0 && fifth == 0));
        return change_credentials([](credentials& c) { c.ambient = 0; });
    }
    TRY(require(capability <= last_capability && fourth == 0 && fifth == 0));
    const auto& own = current_task().credentials();
    const capability_set bit = u64{1} << capability;
    switch (operation) {
    case pr_cap_ambient_is_set:
        return (own.ambient & bit) != 0;
    case pr_cap_ambient_raise:
        if (!(own.permitted & own.inheritable & bit))
            return fail(errc::eperm);
        return change_credentials([&](credentials& c) { c.ambient |= bit; });
    case pr_cap_ambient_lower:
        return change_credentials([&](credentials& c) { c.ambient &= ~bit; });
    default:
        return fail(errc::einval);
    }
}

/// Names for mappings are decoration (PR_SET_VMA_ANON_NAME); a kernel built without them refuses.
result<int> set_area_name()
{
    return fail(errc::einval);
}

result<int> set_timer_slack(u64 slack)
{
    current_task().timer_slack = slack ? slack : default_timer_slack;
    return 0;
}

result<int> set_dumpable(u64 value)
{
    TRY(require(value <= 1));
    current_program().dumpable.store(static_cast<int>(value), std::memory_order_relaxed);
    return 0;
}

result<int> write_int(u64 address, int value)
{
    TRY(user_ptr<s32>(address).write(value));
    return 0;
}

result<int> set_death_signal(u64 signal)
{
    TRY(require(signal <= signal_count));
    current_task().parent_death_signal = static_cast<int>(signal);
    return 0;
}

result<int> set_no_new_privileges(u64 value, u64 third, u64 fourth, u64 fifth)
{
    TRY(require(value == 1 && third == 0 && fourth == 0 && fifth == 0));
    current_program().no_new_privileges.store(true, std::memory_order_relaxed);
    return 0;
}

result<int> set_secure_bits(u64 bits)
{
    if (!current_task().credentials().has_capability(capability_setpcap))
        return fail(errc::eperm);
    return change_credentials([&](credentials& c) { c.secure_bits = static_cast<u32>(bits); });
}
} // namespace

result<int> sys_prctl(int operation, u64 second, u64 third, u64 fourth, u64 fifth)
{
    auto& self = current_task();
    auto& owner = self.program();
    const bool rest_is_zero = third == 0 && fourth == 0 && fifth == 0;
    switch (operation) {
    case pr_set_name:
        TRY(set_name(second));
        return 0;
    case pr_get_name:
        TRY(get_name(second));
        return 0;
    case pr_set_pdeathsig:
        return set_death_signal(second);
    case pr_get_pdeathsig:
        return write_int(second, self.parent_death_signal);
    case pr_get_dumpable:
        return owner.dumpable.load(std::memory_order_relaxed);
    case pr_set_dumpable:
        return set_dumpable(second);
    case pr_get_keepcaps:
        return self.keep_capabilities;
    case pr_set_keepcaps:
        TRY(require(second <= 1));
        self.keep_capabilities = second;
        return 0;
    case pr_capbset_read:
        return read_bounding_set(second);
    case pr_capbset_drop:
        return drop_from_bounding_set(second);
    case pr_cap_ambient:
        return ambient(second, third, fourth, fifth);
    case pr_get_securebits:
        return static_cast<int>(self.credentials().secure_bits);
    case pr_set_securebits:
        return set_secure_bits(second);
    case pr_set_no_new_privs:
        return set_no_new_privileges(second, third, fourth, fifth);
    case pr_get_no_new_privs:
        TRY(require(second == 0 && rest_is_zero));
        return owner.no_new_privileges.load(std::memory_order_relaxed);
    case pr_set_timerslack:
        return set_timer_slack(second);
    case pr_get_timerslack:
        return static_cast<int>(self.timer_slack);
    case pr_set_thp_disable:
        TRY(require(rest_is_zero));
        owner.no_huge_pages.store(second != 0, std::memory_order_relaxed);
        return 0;
    case pr_get_thp_disable:
        TRY(require(second == 0 && rest_is_zero));
        return owner.no_huge_pages.load(std::memory_order_relaxed);
    case pr_get_tid_address:
        TRY(user_ptr<u64>(second).write(self.clear_child_tid.value));
        return 0;
    case pr_set_child_subreaper: // there are no children to reap
        return 0;
    case pr_get_child_subreaper:
        return write_int(second, 0);
    case pr_get_timing:
        return 0;
    case pr_set_timing:
        TRY(require(second == 0));
        return 0;
    case pr_get_tsc:
        return write_int(second, tsc_enabled);
    case pr_set_tsc:
        TRY(require(second == tsc_enabled));
        return 0;
    case pr_mce_kill:
        return 0;
    case pr_mce_kill_get:
        return mce_kill_default;
    case pr_get_seccomp:
        return 0;
    case pr_set_ptracer: // nobody can trace
        return 0;
    case pr_set_vma:
        return set_area_name();
    default:
        note_refused(prctl_number, "operation", static_cast<u64>(static_cast<u32>(operation)));
        return fail(errc::einval);
    }
}

result<u64> sys_arch_prctl(int operation, u64 argument)
{
    auto& self = current_task();
    switch (operation) {
    case arch_set_fs:
        if (argument >= mm::application_end.value)
            return fail(errc::eperm);
        self.context().set_fs_base(argument);
        return 0;
    case arch_get_fs:
        TRY(user_ptr<u64>(argument).write(self.context().fs_base()));
        return 0;
    case arch_get_gs:
        TRY(user_ptr<u64>(argument).write(0));
        return 0;
    case arch_get_cpuid:
        return 1;     // CPUID does not fault
    case arch_set_gs: // GS is the kernel's in a machine with one ring
        note_refused(arch_prctl_number, "ARCH_SET_GS", argument);
        return fail(errc::eperm);
    case arch_set_cpuid:
        return fail(errc::enodev);
    default:
        return fail(errc::einval);
    }
}
} // namespace linux
