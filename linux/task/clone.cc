// New threads (clone(2)). A new process is refused: ENOSYS, and one line for the user.
#include <cstring>

#include "core/mm/layout.hh"
#include "linux/files/descriptor_table.hh"
#include "linux/syscall/refusal.hh"
#include "linux/task/calls.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
constexpr u64 clone_number = 56;
constexpr u64 fork_number = 57;
constexpr u64 vfork_number = 58;
constexpr u64 clone3_number = 435;

constexpr u64 thread_flags = clone_vm | clone_fs | clone_files | clone_sighand | clone_thread;
constexpr u64 namespace_flags =
    clone_newns | clone_newcgroup | clone_newuts | clone_newipc | clone_newuser | clone_newpid | clone_newnet;

struct thread_request {
    u64 flags;
    u64 stack_pointer; // 0: the creator's
    u64 tls;
    user_ptr<s32> parent_tid;
    user_ptr<s32> child_tid;
};

/// Which flags make a thread, which a mistake, and which a process (enosys).
result<void> check_flags(u64 flags, u64 call)
{
    if ((flags & clone_sighand) && !(flags & clone_vm))
        return fail(errc::einval);
    if ((flags & clone_thread) && !(flags & clone_sighand))
        return fail(errc::einval);
    if ((flags & (clone_newns | clone_fs)) == (clone_newns | clone_fs))
        return fail(errc::einval);
    if (!(flags & clone_thread)) {
        note_refused(call, "a new process", flags);
        return fail(errc::enosys);
    }
    if (flags & (clone_newuser | clone_newpid | clone_pidfd))
        return fail(errc::einval);
    if ((flags & thread_flags) != thread_flags || (flags & namespace_flags)) {
        note_refused(call, "a thread with files or names of its own", flags);
        return fail(errc::einval);
    }
    return {};
}

result<int> create_thread(const thread_request& request)
{
    auto& self = current_task();
    auto& owner = self.program();
    if ((request.flags & clone_settls) && request.tls >= mm::application_end.value)
        return fail(errc::eperm);
    if (owner.thread_count() == 1)
        owner.descriptors().note_shared();
    auto t = TRY(task::create(owner, self.name(), self.shared_credentials(), &self));
    auto& frame = t->application_frame();
    frame = self.application_frame();
    frame.rax = 0;
    frame.vector = arch::trap_frame::exact_return_vector;
    if (request.stack_pointer)
        frame.rsp = request.stack_pointer;
    t->context().set_fs_base(request.flags & clone_settls ? request.tls : self.context().fs_base());
    TRY(owner.add(*t));
    // From here on the thread exists; as on Linux an unwritable id does not undo it.
    const int tid = t->tid;
    if (request.flags & clone_parent_settid)
        (void)request.parent_tid.write(tid);
    if (request.flags & clone_child_settid)
        (void)request.child_tid.write(tid);
    if (request.flags & clone_child_cleartid)
        t->clear_child_tid = request.child_tid.address();
    t->start();
    return tid;
}

/// The structure as far as this kernel knows it; what is beyond must be zero.
result<clone_args> read_clone_args(virt_addr from, size_t size)
{
    if (size > page_size)
        return fail(errc::e2big);
    if (size < clone_args_size_ver0)
        return fail(errc::einval);
    clone_args args{};
    TRY(mm::copy_from_user(&args, from, size < sizeof args ? size : sizeof args));
    for (size_t offset = sizeof args; offset < size; offset++)
        if (TRY(user_ptr<u8>(from + offset).read()) != 0)
            return fail(errc::e2big);
    return args;
}

result<void> check_clone_args(const clone_args& args)
{
    constexpr u64 known = (u64{1} << 34) - 1;
    if (args.flags & ~known & ~clone_newtime)
        return fail(errc::einval);
    if (args.flags & (clone_detached | (csignal & ~clone_newtime)))
        return fail(errc::einval);
    if ((args.flags & clone_sighand) && (args.flags & clone_clear_sighand))
        return fail(errc::einval);
    if ((args.flags & (clone_thread | clone_parent)) && args.exit_signal)
        return fail(errc::einval);
    if (args.exit_signal & ~csignal || (args.stack == 0) != (args.stack_size == 0))
        return fail(errc::einval);
    if (args.set_tid == 0 && args.set_tid_size != 0)
        return fail(errc::einval);
    if (args.stack && !mm::is_application_range(virt_addr(args.stack), args.stack_size))
        return fail(errc::einval);
    return {};
}

result<int> refuse_process(u64 call)
{
    note_refused(call, "a new process", 0);
    return fail(errc::enosys);
}
} // namespace

result<int> sys_clone(u64 flags, virt_addr stack, user_ptr<s32> parent_tid, user_ptr<s32> child_tid, u64 tls)
{
    flags &= 0xffffffff;
    TRY(check_flags(flags, clone_number));
    return create_thread({.flags = flags,
                          .stack_pointer = stack.value,
                          .tls = tls,
                          .parent_tid = parent_tid,
                          .child_tid = child_tid});
}

result<int> sys_clone3(virt_addr arguments, size_t size)
{
    const auto args = TRY(read_clone_args(arguments, size));
    TRY(check_clone_args(args));
    TRY(check_flags(args.flags, clone3_number));
    if (args.set_tid_size != 0) {
        note_refused(clone3_number, "a chosen thread id", args.set_tid_size);
        return fail(errc::einval);
    }
    return create_thread({.flags = args.flags,
                          .stack_pointer = args.stack ? args.stack + args.stack_size : 0,
                          .tls = args.tls,
                          .parent_tid = user_ptr<s32>(args.parent_tid),
                          .child_tid = user_ptr<s32>(args.child_tid)});
}

result<int> sys_fork()
{
    return refuse_process(fork_number);
}
result<int> sys_vfork()
{
    return refuse_process(vfork_number);
}
} // namespace linux
