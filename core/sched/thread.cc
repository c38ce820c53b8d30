// Life of a thread: creation, start, end, and what others may change about it.
#include "core/sched/thread.hh"

#include <algorithm>
#include <cstring>

#include "arch/cpu.hh"
#include "arch/ipi.hh"
#include "arch/scheduler_hooks.hh"
#include "arch/smp.hh"
#include "core/log.hh"
#include "core/mm/address_space.hh"
#include "core/sched/attention.hh"
#include "core/sched/cpu.hh"

namespace sched
{
thread::thread(std::string_view name, mm::address_space* space) : _address_space(space)
{
    set_name(name);
    if (const thread* creator = arch::current_thread()) {
        _own_parameters = entity::parameters = creator->_own_parameters;
        entity::weight = weight_of(_own_parameters);
        entity::affinity = creator->entity::affinity;
    }
}

thread::~thread() = default;

namespace
{
constexpr unsigned patience_ms = 2000;

bool any_up(const cpu_set& set)
{
    for (unsigned n = 0; n < arch::cpu_count(); n++)
        if (set.contains(n) && cpu::nth(n))
            return true;
    return false;
}

class kernel_thread final : public thread
{
  public:
    explicit kernel_thread(std::string_view name) : thread(name, nullptr) {}
};
} // namespace

result<ref_ptr<thread>> thread::create(std::string_view name, void (*entry)(void*), void* argument)
{
    ref_ptr<thread> t = TRY(make_ref<kernel_thread>(name));
    TRY(t->_context.prepare_kernel(entry, argument));
    t->entity::affinity = cpu_set::all();
    t->_own_parameters = t->entity::parameters = {};
    t->entity::weight = weight_of({});
    return t;
}

result<ref_ptr<thread>> thread::create_idle(unsigned cpu_number)
{
    char name[16];
    const size_t length = klog::format(name, sizeof name, "idle/{}", cpu_number);
    ref_ptr<thread> t = TRY(make_ref<kernel_thread>(std::string_view(name, length)));
    if (cpu_number != 0) // the boot CPU's idle thread goes on where start-up began
        TRY(t->_context.prepare_kernel([](void*) {}, nullptr));
    t->entity::affinity = cpu_set::only(cpu_number);
    return t;
}

result<void> thread::prepare_application_context(const arch::thread_context* inherit_from)
{
    return _context.prepare_application(inherit_from);
}

void thread::start()
{
    add_ref(); // the scheduler's, dropped by the reaper
    const auto state = arch::irq_save();
    cpu::make_ready(*this, run_queue::arrival::new_thread);
    arch::irq_restore(state);
}

void thread::set_name(std::string_view name)
{
    const size_t n = std::min(name.size(), sizeof _name - 1);
    memcpy(_name, name.data(), n);
    memset(_name + n, 0, sizeof _name - n);
}

void thread::interrupt()
{
    _interrupt_pending.store(true, std::memory_order_seq_cst); // before wake() looks whether it sleeps
    if (_interruptible.load(std::memory_order_seq_cst)) {
        const auto state = arch::irq_save();
        cpu::wake(*this, nullptr);
        arch::irq_restore(state);
    }
}

void thread::request_attention()
{
    _context.attention().fetch_or(attention::work, std::memory_order_seq_cst);
    // If it runs in the application elsewhere, only an interrupt brings it here.
    if (this != arch::current_thread() && _state.load(std::memory_order_relaxed) == thread_state::running)
        if (const cpu* c = _cpu.load(std::memory_order_relaxed); c && c != &cpu::this_cpu())
            arch::send_reschedule(c->number());
}

void thread::set_address_space(mm::address_space* space)
{
    assert(this == arch::current_thread());
    mm::address_space* const old = _address_space;
    const auto state = arch::irq_save();
    _address_space = space;
    if (space)
        arch::enter_address_space(*space);
    arch::irq_restore(state);
    if (old && !space)
        arch::leave_address_space(*old);
}

void thread::before_return(arch::trap_frame&) {}

void count_fault(fault_kind kind)
{
    thread& self = current();
    (kind == fault_kind::major ? self._major_faults : self._minor_faults)++;
}

nanoseconds thread::cpu_time() const
{
    return cpu::time_of(*this);
}

unsigned thread::last_cpu() const
{
    const cpu* c = _cpu.load(std::memory_order_relaxed);
    return c ? c->number() : 0;
}

result<void> thread::set_affinity(const cpu_set& allowed)
{
    cpu_set present;
    for (unsigned n = 0; n < arch::cpu_count(); n++)
        present.add(n);
    const cpu_set usable = allowed & present;
    if (usable.empty())
        return fail(errc::einval);
    // A CPU that is still starting is worth waiting for: the program may rely on being there.
    for (unsigned i = 0; i < patience_ms && !any_up(usable); i++)
        TRY(sleep_until(timekeeping::now() + milliseconds(1), false));
    cpu::change_entity(*this, {.affinity = usable});
    return {};
}

void thread::set_scheduling(const scheduling_parameters& p)
{
    cpu::change_entity(*this, {.parameters = p});
}

void thread::set_inherited_priority(u8 priority)
{
    cpu::change_entity(*this, {.inherited_priority = priority});
}

void yield()
{
    const auto state = arch::irq_save();
    cpu::this_cpu().preempt_current();
    arch::irq_restore(state);
}

void exit_current()
{
    sync_debug::assert_no_lock_held();
    arch::irq_disable();
    cpu::this_cpu().switch_away(thread_state::dead, nullptr);
    panic("a dead thread ran");
}
} // namespace sched
