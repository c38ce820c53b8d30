// Who sends: the running thread, as unix sockets tell it.
#pragma once

#include "linux/abi/socket.hh"
#include "linux/task/task.hh"

namespace linux
{
/// As SO_PEERCRED shows: effective ids.
inline ucred own_credentials()
{
    const auto& who = current_task().credentials();
    return {current_program().pid(), who.user.effective, who.group.effective};
}
/// As SCM_CREDENTIALS shows unless the sender says otherwise: real ids.
inline ucred sender_credentials()
{
    const auto& who = current_task().credentials();
    return {current_program().pid(), who.user.real, who.group.real};
}
/// Whether the running thread may send these (unix(7)).
inline bool may_claim(const ucred& claimed)
{
    constexpr unsigned capability_sys_admin = 21;
    const auto& who = current_task().credentials();
    const auto is_own = [](const identity& ids, u32 id) {
        return id == ids.real || id == ids.effective || id == ids.saved;
    };
    return (claimed.pid == current_program().pid() || who.has_capability(capability_sys_admin)) &&
           (is_own(who.user, claimed.uid) || who.has_capability(capability_setuid)) &&
           (is_own(who.group, claimed.gid) || who.has_capability(capability_setgid));
}
} // namespace linux
