// User and group ids (credentials(7)). Setting one makes a copy of the thread's credentials and swaps it in.
#include "linux/task/calls.hh"
#include "linux/task/task.hh"

namespace linux
{
using mm::user_span;

namespace
{
constexpr u32 unchanged = ~0u;
constexpr size_t max_groups = 65536; // NGROUPS_MAX

using role = identity credentials::*;

const credentials& own()
{
    return current_task().credentials();
}

bool may_set(role kind)
{
    return own().has_capability(kind == &credentials::user ? capability_setuid : capability_setgid);
}

/// Losing the last id 0 loses the capabilities, as capabilities(7) has it.
void adjust_capabilities(credentials& c, const identity& before)
{
    constexpr u32 no_setuid_fixup = 4;
    if (c.secure_bits & no_setuid_fixup)
        return;
    const bool had_root = before.real == 0 || before.effective == 0 || before.saved == 0;
    const bool has_root = c.user.real == 0 || c.user.effective == 0 || c.user.saved == 0;
    if (had_root && !has_root && !current_task().keep_capabilities)
        c.permitted = c.effective = 0;
    if (had_root && !has_root)
        c.ambient = 0;
    if (before.effective == 0 && c.user.effective != 0)
        c.effective = 0;
    if (before.effective != 0 && c.user.effective == 0)
        c.effective = c.permitted;
}

result<void> replace(role kind, const identity& ids)
{
    auto& self = current_task();
    auto changed = TRY(self.credentials().copy());
    const identity before = changed->user;
    (*changed).*kind = ids;
    if (kind == &credentials::user)
        adjust_capabilities(*changed, before);
    self.set_credentials(std::move(changed));
    return {};
}

result<void> set_one(role kind, u32 id)
{
    if (id == unchanged)
        return fail(errc::einval);
    identity ids = own().*kind;
    if (may_set(kind))
        ids.real = ids.saved = id;
    else if (id != ids.real && id != ids.saved)
        return fail(errc::eperm);
    ids.effective = ids.file_system = id;
    return replace(kind, ids);
}

result<void> set_two(role kind, u32 real, u32 effective)
{
    const identity before = own().*kind;
    identity ids = before;
    const bool privileged = may_set(kind);
    if (real != unchanged) {
        if (!privileged && real != before.real && real != before.effective)
            return fail(errc::eperm);
        ids.real = real;
    }
    if (effective != unchanged) {
        if (!privileged && !before.has(effective))
            return fail(errc::eperm);
        ids.effective = effective;
    }
    if (real != unchanged || (effective != unchanged && effective != before.real))
        ids.saved = ids.effective;
    ids.file_system = ids.effective;
    return replace(kind, ids);
}

result<void> set_three(role kind, u32 real, u32 effective, u32 saved)
{
    const identity before = own().*kind;
    identity ids = before;
    for (const u32 id : {real, effective, saved})
        if (id != unchanged && !may_set(kind) && !before.has(id))
            return fail(errc::eperm);
    if (real != unchanged)
        ids.real = real;
    if (effective != unchanged)
        ids.effective = effective;
    if (saved != unchanged)
        ids.saved = saved;
    ids.file_system = ids.effective;
    return replace(kind, ids);
}

/// Returns the old id whether it worked or not.
u32 set_file_system(role kind, u32 id)
{
    identity ids = own().*kind;
    const u32 old = ids.file_system;
    if (id == unchanged || (!may_set(kind) && !ids.has(id) && id != old))
        return old;
    ids.file_system = id;
    (void)replace(kind, ids);
    return old;
}

result<void> write_three(const identity& ids, user_ptr<u32> real, user_ptr<u32> effective,
                         user_ptr<u32> saved)
{
    TRY(real.write(ids.real));
    TRY(effective.write(ids.effective));
    return saved.write(ids.saved);
}
} // namespace

result<u32> sys_getuid()
{
    return own().user.real;
}
result<u32> sys_geteuid()
{
    return own().user.effective;
}
result<u32> sys_getgid()
{
    return own().group.real;
}
result<u32> sys_getegid()
{
    return own().group.effective;
}

result<void> sys_getresuid(user_ptr<u32> real, user_ptr<u32> effective, user_ptr<u32> saved)
{
    return write_three(own().user, real, effective, saved);
}
result<void> sys_getresgid(user_ptr<u32> real, user_ptr<u32> effective, user_ptr<u32> saved)
{
    return write_three(own().group, real, effective, saved);
}

result<void> sys_setuid(u32 id)
{
    return set_one(&credentials::user, id);
}
result<void> sys_setgid(u32 id)
{
    return set_one(&credentials::group, id);
}
result<void> sys_setreuid(u32 real, u32 effective)
{
    return set_two(&credentials::user, real, effective);
}
result<void> sys_setregid(u32 real, u32 effective)
{
    return set_two(&credentials::group, real, effective);
}
result<void> sys_setresuid(u32 real, u32 effective, u32 saved)
{
    return set_three(&credentials::user, real, effective, saved);
}
result<void> sys_setresgid(u32 real, u32 effective, u32 saved)
{
    return set_three(&credentials::group, real, effective, saved);
}
result<u32> sys_setfsuid(u32 id)
{
    return set_file_system(&credentials::user, id);
}
result<u32> sys_setfsgid(u32 id)
{
    return set_file_system(&credentials::group, id);
}

result<int> sys_getgroups(int capacity, user_ptr<u32> groups)
{
    const auto list = own().groups();
    const int count = static_cast<int>(list.size());
    if (capacity < 0 || (capacity != 0 && capacity < count))
        return fail(errc::einval);
    if (capacity != 0)
        TRY(user_span<u32>(groups, list.size()).write(list.data()));
    return count;
}

result<void> sys_setgroups(int count, user_ptr<const u32> groups)
{
    if (!own().has_capability(capability_setgid))
        return fail(errc::eperm);
    const auto n = static_cast<size_t>(static_cast<u32>(count));
    if (n > max_groups)
        return fail(errc::einval);
    unique_ptr<u32[]> list;
    if (n != 0) {
        list = TRY(try_make_unique<u32[]>(n));
        TRY(user_span<const u32>(groups, n).read(list.get()));
    }
    auto changed = TRY(own().copy());
    TRY(changed->set_groups({list.get(), n}));
    current_task().set_credentials(std::move(changed));
    return {};
}
} // namespace linux
