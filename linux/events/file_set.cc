#include "linux/events/file_set.hh"

#include "linux/events/poll_wait.hh"

namespace linux
{
result<void> file_set::reserve(size_t count)
{
    if (count <= _few.size()) {
        _files = {_few.data(), count};
        return {};
    }
    _many = TRY(try_make_unique<polled_file[]>(count));
    _files = {_many.get(), count};
    return {};
}

/// Looks at every file once; once one is ready no further queue needs to be entered.
int file_set::look(poll_wait* registering)
{
    int ready = 0;
    for (auto& entry : _files) {
        if (entry.file) {
            auto* const registrar =
                registering && !ready ? registering->registrar_for(entry.interest) : nullptr;
            entry.ready = entry.file->poll(entry.interest, registrar) & entry.counts;
        }
        if (entry.ready)
            ready++;
    }
    return ready;
}

result<int> file_set::wait(instant deadline)
{
    if (deadline == instant::min()) // do not wait: no queue is entered at all
        return look(nullptr);
    poll_wait waiting;
    if (const int ready = look(&waiting))
        return ready;
    if (waiting.out_of_memory())
        return fail(errc::enomem);
    for (;;) {
        const auto slept = waiting.sleep({.deadline = deadline, .interruptible = true});
        waiting.rearm();
        if (const int ready = look(nullptr))
            return ready;
        if (!slept) {
            if (slept.error() == errc::etimedout)
                return 0;
            return fail(slept.error());
        }
    }
}
} // namespace linux
