// Decoding of futex(2): which argument means what for which operation.
#include "linux/futex/calls.hh"

#include "linux/futex/operations.hh"
#include "linux/task/task.hh"
#include "linux/time/conversion.hh"

namespace linux
{
namespace
{
enum class time_base : u8 { relative, absolute_monotonic, absolute_realtime };

result<timekeeping::deadline> read_deadline(u64 timeout, time_base base)
{
    if (timeout == 0)
        return timekeeping::deadline();
    const auto given = TRY(user_ptr<const timespec>(timeout).read());
    const nanoseconds time = TRY(to_duration(given));
    switch (base) {
    case time_base::relative:
        return timekeeping::deadline(timekeeping::after(timekeeping::now(), time));
    case time_base::absolute_monotonic:
        return timekeeping::deadline(instant(time));
    case time_base::absolute_realtime:
        return timekeeping::deadline::at_wall_clock(time);
    }
    return fail(errc::einval);
}

bool takes_realtime_flag(int command)
{
    return command == futex_wait || command == futex_wait_bitset || command == futex_wait_requeue_pi ||
           command == futex_lock_pi2;
}

struct decoded_call {
    virt_addr word;
    futex_scope scope;
    bool realtime;
    u32 value;
    u64 timeout;
    virt_addr second;
    u32 value3;

    time_base absolute() const
    {
        return realtime ? time_base::absolute_realtime : time_base::absolute_monotonic;
    }
};

result<u64> wait(const decoded_call& c, u32 bits, time_base base)
{
    const auto deadline = TRY(read_deadline(c.timeout, base));
    return futex_wait_on(
        {.word = c.word, .scope = c.scope, .expected = c.value, .bits = bits, .deadline = deadline});
}

result<u64> requeue(const decoded_call& c, bool compare)
{
    return futex_requeue_waiters({.from = c.word,
                                  .to = c.second,
                                  .scope = c.scope,
                                  .wake_count = c.value,
                                  .move_count = static_cast<u32>(c.timeout),
                                  .compare = compare,
                                  .expected = c.value3});
}

result<u64> lock_owner(const decoded_call& c, time_base base)
{
    const auto deadline = TRY(read_deadline(c.timeout, base));
    return futex_lock_owner(c.word, c.scope, deadline, futex_patience::wait);
}

result<u64> wait_requeue(const decoded_call& c)
{
    const auto deadline = TRY(read_deadline(c.timeout, c.absolute()));
    return futex_wait_and_lock({.word = c.word,
                                .scope = c.scope,
                                .expected = c.value,
                                .bits = futex_bitset_match_any,
                                .deadline = deadline},
                               c.second);
}

result<u64> requeue_to_owner(const decoded_call& c)
{
    return futex_requeue_to_owner({.from = c.word,
                                   .to = c.second,
                                   .scope = c.scope,
                                   .wake_count = c.value,
                                   .move_count = static_cast<u32>(c.timeout),
                                   .compare = true,
                                   .expected = c.value3});
}

/// Not inlined: the hot calls need not save the registers that all this takes.
[[gnu::noinline]] result<u64> decode_and_run(virt_addr word, int operation, u32 value, u64 timeout,
                                             virt_addr second, u32 value3)
{
    const int command = operation & futex_command_mask;
    const bool realtime = operation & futex_clock_realtime;
    if (realtime && !takes_realtime_flag(command))
        return fail(errc::enosys);
    const auto scope = operation & futex_private_flag ? futex_scope::private_to_program : futex_scope::shared;
    const decoded_call c{word, scope, realtime, value, timeout, second, value3};
    switch (command) {
    case futex_wait:
        return wait(c, futex_bitset_match_any, time_base::relative);
    case futex_wait_bitset:
        return wait(c, value3, c.absolute());
    case futex_wake:
        return futex_wake_up(word, scope, value, futex_bitset_match_any);
    case futex_wake_bitset:
        return futex_wake_up(word, scope, value, value3);
    case futex_requeue:
        return requeue(c, false);
    case futex_cmp_requeue:
        return requeue(c, true);
    case futex_wake_op:
        return futex_wake_with_operation(word, second, scope, value, static_cast<u32>(timeout), value3);
    case futex_lock_pi:
        return lock_owner(c, time_base::absolute_realtime);
    case futex_lock_pi2:
        return lock_owner(c, c.absolute());
    case futex_unlock_pi:
        return futex_unlock_owner(word, scope);
    case futex_trylock_pi:
        return futex_lock_owner(word, scope, timekeeping::never, futex_patience::try_only);
    case futex_wait_requeue_pi:
        return wait_requeue(c);
    case futex_cmp_requeue_pi:
        return requeue_to_owner(c);
    default:
        return fail(errc::enosys);
    }
}
} // namespace

result<u64> sys_futex(virt_addr word, int operation, u32 value, u64 timeout, virt_addr second, u32 value3)
{
    // What nearly every call is, without decoding.
    if (operation == (futex_wake | futex_private_flag))
        return futex_wake_plainly(word, value);
    if (operation == (futex_wait | futex_private_flag) && timeout == 0)
        return futex_wait_plainly(word, value);
    return decode_and_run(word, operation, value, timeout, second, value3);
}

result<void> sys_set_robust_list(virt_addr head, size_t size)
{
    if (size != sizeof(robust_list_head))
        return fail(errc::einval);
    current_task().robust_list = head;
    return {};
}

result<void> sys_get_robust_list(int tid, user_ptr<u64> head, user_ptr<size_t> size)
{
    auto target = tid == 0 ? ref_ptr<task>(current_task()) : current_program().find(tid);
    if (!target)
        return fail(errc::esrch);
    TRY(size.write(sizeof(robust_list_head)));
    return head.write(target->robust_list.value);
}
} // namespace linux
