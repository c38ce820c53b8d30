// What a handler returns when a signal ended its wait: the core says eintr, Linux distinguishes four cases.
//
//     restartable       runs again if the handler has SA_RESTART or no handler ran (read, write, futex,
//     wait4, flock) restart_unhandled runs again only if no handler ran, else EINTR (pause, rt_sigsuspend,
//     poll-like calls)
//
// Calls with a relative time-out that must not begin anew use task::set_restart (nanosleep). Source:
// signal(7).
#pragma once

#include "core/base/result.hh"

namespace linux
{
constexpr errc restartable(errc error)
{
    return error == errc::eintr ? errc::erestartsys : error;
}
constexpr errc restart_unhandled(errc error)
{
    return error == errc::eintr ? errc::erestartnohand : error;
}

template <class T>
result<T> restartable(result<T> answer)
{
    if (answer)
        return answer;
    return fail(restartable(answer.error()));
}

template <class T>
result<T> restart_unhandled(result<T> answer)
{
    if (answer)
        return answer;
    return fail(restart_unhandled(answer.error()));
}
} // namespace linux
