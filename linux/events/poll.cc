// poll and ppoll.
#include "linux/events/calls.hh"
#include "linux/events/deadline.hh"
#include "linux/events/file_set.hh"
#include "linux/events/signal_mask.hh"
#include "linux/files/context.hh"
#include "linux/syscall/restart.hh"

namespace linux
{
namespace
{
constexpr size_t entries_per_copy = 32;

/// Calls visit(index, const pollfd&) -> result<void> for each entry, through a small buffer.
template <class Visit>
result<void> for_each_entry(user_ptr<pollfd> entries, u32 count, Visit visit)
{
    std::array<pollfd, entries_per_copy> buffer;
    for (u32 done = 0; done < count;) {
        const u32 now = std::min(count - done, static_cast<u32>(entries_per_copy));
        TRY(mm::copy_from_user(buffer.data(), (entries + done).address(), now * sizeof(pollfd)));
        for (u32 i = 0; i < now; i++)
            TRY(visit(done + i, buffer[i]));
        done += now;
    }
    return {};
}

result<void> write_back(user_ptr<pollfd> entries, std::span<polled_file> files)
{
    for (u64 i = 0; i < files.size(); i++) {
        const virt_addr field = (entries + i).address() + offsetof(pollfd, returned);
        TRY(mm::store_user_u16(field, static_cast<u16>(files[i].ready)));
    }
    return {};
}

/// What is true of one entry now.
inline u32 look_at(descriptor_table& table, const pollfd& entry)
{
    if (entry.descriptor < 0)
        return 0; // passed over
    const auto file = table.get(entry.descriptor);
    if (!file || file->path_only())
        return pollnval;
    const u32 interest = static_cast<u16>(entry.events) | pollerr | pollhup;
    return file->poll(interest, nullptr) & interest;
}

/// One look at all, without holding any file for longer. Most calls end here: something is ready, or they do
/// not wait.
result<int> look_once(user_ptr<pollfd> entries, u32 count)
{
    auto& table = descriptors();
    int ready = 0;
    TRY(for_each_entry(entries, count, [&](u32 i, const pollfd& entry) -> result<void> {
        const u32 found = look_at(table, entry);
        ready += found != 0;
        return mm::store_user_u16((entries + i).address() + offsetof(pollfd, returned),
                                  static_cast<u16>(found));
    }));
    return ready;
}

result<int> poll_until(user_ptr<pollfd> entries, u32 count, instant deadline)
{
    if (count > descriptors().limit())
        return fail(errc::einval);
    if (const int ready = TRY(look_once(entries, count)); ready != 0 || deadline == do_not_wait)
        return ready;
    file_set set;
    TRY(set.reserve(count));
    auto& table = descriptors();
    const auto files = set.files();
    TRY(for_each_entry(entries, count, [&](u32 i, const pollfd& entry) -> result<void> {
        auto& target = files[i];
        if (entry.descriptor < 0)
            return {}; // passed over, and found not ready
        target.interest = static_cast<u16>(entry.events) | pollerr | pollhup;
        target.file = table.get(entry.descriptor);
        if (!target.file || target.file->path_only()) {
            target.file = {};
            target.ready = pollnval;
        }
        return {};
    }));
    const auto ready = set.wait(deadline);
    if (!ready)
        return fail(restart_unhandled(ready.error()));
    TRY(write_back(entries, files));
    return ready;
}
} // namespace

result<int> sys_poll(user_ptr<pollfd> entries, u32 count, int milliseconds)
{
    return poll_until(entries, count, deadline_in(milliseconds));
}

result<int> sys_ppoll(user_ptr<pollfd> entries, u32 count, user_ptr<timespec> timeout,
                      user_ptr<const signal_set> mask, size_t mask_size)
{
    instant deadline = timekeeping::never;
    if (timeout)
        deadline = TRY(deadline_in(TRY(timeout.read())));
    temporary_mask masked;
    TRY(masked.set(mask, mask_size));
    const auto ready = poll_until(entries, count, deadline);
    masked.finish(!ready && ready.error() == errc::erestartnohand);
    if (timeout && deadline != timekeeping::never)
        (void)timeout.write(time_left(deadline)); // a read-only timespec is no error
    return ready;
}
} // namespace linux
