// pipe and pipe2.
#include "fs/pipe/pipe.hh"
#include "linux/files/arguments.hh"

namespace linux
{
result<void> sys_pipe(user_ptr<int> descriptors)
{
    return sys_pipe2(descriptors, 0);
}

result<void> sys_pipe2(user_ptr<int> out, u32 flags)
{
    if (flags & ~(o_cloexec | o_nonblock | o_direct))
        return fail(errc::einval);
    auto ends = TRY(fs::create_pipe(flags & ~o_cloexec));
    auto& table = descriptors();
    const auto mode = flags & o_cloexec ? on_exec::close : on_exec::keep;
    const int reader = TRY(table.install(std::move(ends.read_end), mode));
    const auto writer = table.install(std::move(ends.write_end), mode);
    if (!writer) {
        (void)table.close(reader);
        return fail(writer.error());
    }
    const int both[2] = {reader, *writer};
    if (const auto told = mm::copy_to_user(out.address(), both, sizeof(both)); !told) {
        (void)table.close(reader);
        (void)table.close(*writer);
        return fail(told.error());
    }
    return {};
}
} // namespace linux
