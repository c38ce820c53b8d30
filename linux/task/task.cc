// Life of a task; see task.hh.
#include "linux/task/task.hh"

#include "linux/futex/thread_end.hh"
#include "linux/signal/delivery.hh"

namespace linux
{
task::task(linux::program& owner, std::string_view name, ref_ptr<linux::credentials> who)
    : sched::thread(name, &owner.address_space()), start_time(timekeeping::now()), _program(owner),
      _credentials(std::move(who))
{
}

task::~task() = default;

result<ref_ptr<task>> task::create(linux::program& owner, std::string_view name,
                                   ref_ptr<linux::credentials> who, task* creator)
{
    auto t = ref_ptr<task>::adopt(new (std::nothrow) task(owner, name, std::move(who)));
    if (!t)
        return fail(errc::enomem);
    TRY(t->prepare_application_context(creator ? &creator->context() : nullptr));
    if (creator) {
        t->blocked = creator->blocked;
        t->parent_death_signal = 0;
        t->timer_slack = creator->timer_slack;
        t->keep_capabilities = creator->keep_capabilities;
    }
    return t;
}

void task::set_credentials(ref_ptr<linux::credentials> who)
{
    lock_guard guard{program().signals().lock};
    std::swap(_credentials, who); // the old ones go after the lock
}

ref_ptr<credentials> task::shared_credentials()
{
    lock_guard guard{program().signals().lock};
    return _credentials;
}

cpu_times task::cpu_times()
{
    lock_guard guard{program().signals().lock};
    return _division.divide(cpu_time(), application_ticks(), kernel_ticks());
}

void task::look_for_signals()
{
    if (((pending.set() | program().signals().shared.set()) & ~blocked) == 0)
        return;
    request_attention();
    interrupt();
}

bool task::has_deliverable_signal()
{
    lock_guard guard{program().signals().lock};
    return (pending.set() | program().signals().shared.set()) & ~blocked;
}

void task::set_blocked(signal_set mask)
{
    lock_guard guard{program().signals().lock};
    blocked = mask & ~unblockable_signals;
    look_for_signals();
}

void task::set_temporary_mask(signal_set mask)
{
    lock_guard guard{program().signals().lock};
    _saved_mask = blocked;
    _mask_saved = true;
    blocked = mask & ~unblockable_signals;
    look_for_signals();
    request_attention(); // so that the mask comes back even if nothing happens
}

void task::restore_mask()
{
    if (!_mask_saved)
        return;
    _mask_saved = false;
    set_blocked(_saved_mask);
}

void task::before_return(arch::trap_frame& frame)
{
    if (program().is_ending())
        exit(0);
    signal_delivery{*this, frame}.run();
}

void task::exit(int code)
{
    exit_code = code;
    auto& owner = program();
    if (!owner.is_ending())
        release_futexes_of_dead_thread(*this);
    WITH_LOCK(owner.signals().lock)
    {
        pending.discard(~signal_set{0});
    }
    if (owner.remove(*this) == 0)
        owner.end_with_last_thread(static_cast<u32>(code & 0xff) << 8);
    sched::exit_current();
}
} // namespace linux
