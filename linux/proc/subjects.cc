// Which programs, threads, descriptors and CPUs the numbers of a path can mean.
#include "arch/smp.hh"
#include "linux/files/descriptor_table.hh"
#include "linux/proc/generators.hh"
#include "linux/task/task.hh"

namespace proc
{
namespace
{
using linux::program;
using linux::task;

bool program_exists(const numbers& above, u32 n)
{
    return static_cast<bool>(find_program(above.with(n)));
}

bool next_program(const numbers&, u32 from, u32& found)
{
    program* const p = linux::first_program();
    if (!p || static_cast<u32>(p->pid()) < from)
        return false;
    found = static_cast<u32>(p->pid());
    return true;
}

bool thread_exists(const numbers& above, u32 n)
{
    return static_cast<bool>(find_task(above.with(n)));
}

bool next_thread(const numbers& above, u32 from, u32& found)
{
    auto owner = find_program(above);
    if (!owner)
        return false;
    program& p = **owner;
    lock_guard guard{p.signals().lock};
    for (auto& entry : p.tasks_locked())
        if (static_cast<u32>(entry.tid) >= from) {
            found = static_cast<u32>(entry.tid);
            return true;
        }
    return false;
}

bool descriptor_exists(const numbers& above, u32 n)
{
    auto owner = find_program(above);
    return owner && (*owner)->descriptors().get(static_cast<int>(n));
}

bool next_descriptor(const numbers& above, u32 from, u32& found)
{
    auto owner = find_program(above);
    const int next = owner ? (*owner)->descriptors().next_open(static_cast<int>(from)) : -1;
    found = static_cast<u32>(next);
    return next >= 0;
}

bool cpu_exists(const numbers&, u32 n)
{
    return n < arch::cpu_count();
}

bool next_cpu(const numbers&, u32 from, u32& found)
{
    found = from;
    return from < arch::cpu_count();
}

/// The thread that reads, or null in a kernel thread.
task* reader()
{
    return sched::current().address_space() ? static_cast<task*>(&sched::current()) : nullptr;
}
} // namespace

const number_kind pid_kind{"pid", program_exists, next_program};
const number_kind tid_kind{"tid", thread_exists, next_thread};
const number_kind descriptor_kind{"fd", descriptor_exists, next_descriptor};
const number_kind cpu_kind{"cpu", cpu_exists, next_cpu};

result<ref_ptr<program>> find_program(const numbers& which)
{
    program* const p = linux::first_program();
    // /proc/TID works for every thread, though only programs are listed.
    if (!p || (which.first() != static_cast<u32>(p->pid()) && !p->find(static_cast<int>(which.first()))))
        return fail(errc::esrch);
    return ref_ptr<program>(*p);
}

result<ref_ptr<task>> find_task(const numbers& which)
{
    const auto owner = TRY(find_program(which));
    auto found = owner->find(static_cast<int>(which.last()));
    if (!found)
        return fail(errc::esrch);
    return found;
}

result<void> self_link(text& out, const numbers&)
{
    task* const t = reader();
    if (!t)
        return fail(errc::enoent);
    out.format("{}", t->program().pid());
    return {};
}

result<void> thread_self_link(text& out, const numbers&)
{
    task* const t = reader();
    if (!t)
        return fail(errc::enoent);
    out.format("{}/task/{}", t->program().pid(), t->tid);
    return {};
}
} // namespace proc
