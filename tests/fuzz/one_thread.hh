// A driver that sleeps, in a fuzzer with one thread: nobody else could end a wait, so the device acts in it.
//
// For one source file of a program. It defines `device_acts` as what happens while the driver sleeps.
#pragma once

#include <cstdlib>

#include "arch/cpu.hh"
#include "core/sync/wait_queue.hh"

void device_acts();

namespace arch
{
inline char identity_of_thread alignas(16);
sched::thread* current_thread()
{
    return reinterpret_cast<sched::thread*>(&identity_of_thread);
}
} // namespace arch

namespace sched
{
void yield() {}
waiter::reaction thread_waiter::wake_thread(waiter& w, u32)
{
    static_cast<thread_waiter&>(w)._woken.store(true);
    return reaction::taken;
}
result<void> thread_waiter::sleep(const wait_options& options)
{
    (void)_thread;
    device_acts();
    for (unsigned i = 0; options.deadline.is_never() && !_woken.load(); i++) {
        if (i == 10'000)
            abort(); // it would sleep for ever
        device_acts();
    }
    return _woken.load() ? result<void>{} : fail(errc::etimedout);
}
} // namespace sched
