// The queue of events, how it is read, and the system calls.
#include <cstring>

#include "core/mm/io_buffer.hh"
#include "linux/abi/fcntl.hh"
#include "linux/abi/ioctl.hh"
#include "linux/events/calls.hh"
#include "linux/events/inotify_watches.hh"
#include "linux/files/arguments.hh"
#include "linux/files/context.hh"
#include "linux/files/file_kind.hh"

namespace linux
{
namespace
{
constexpr wait_options waits{.interruptible = true, .exclusive = false};

constinit std::atomic<u32> instance_count{0};

size_t padded_length(std::string_view name)
{
    return name.empty() ? 0 : align_up(name.size() + 1, sizeof(inotify_event));
}
} // namespace

/// The name and its padding lie behind it.
struct inotify::queued_event {
    queued_event* next;
    inotify_event record;

    size_t bytes() const { return sizeof(record) + record.name_bytes; }
    char* name() { return reinterpret_cast<char*>(this + 1); }
    const char* name() const { return reinterpret_cast<const char*>(this + 1); }

    /// Null: no memory.
    static queued_event* create(const inotify_event& record, std::string_view name)
    {
        auto* const memory = new (std::nothrow) std::byte[sizeof(queued_event) + record.name_bytes];
        if (!memory)
            return nullptr;
        auto* const e = new (memory) queued_event{nullptr, record};
        std::memset(e->name(), 0, record.name_bytes);
        name.copy(e->name(), name.size());
        return e;
    }
    static void destroy(queued_event* e) { delete[] reinterpret_cast<std::byte*>(e); }
};

result<ref_ptr<inotify>> inotify::create(u32 flags)
{
    auto made = TRY(make_ref<inotify>(TRY(kind_inode<inotify>()), flags));
    made->_overflow =
        queued_event::create({.watch = -1, .mask = in_overflow, .cookie = 0, .name_bytes = 0}, {});
    if (!made->_overflow)
        return fail(errc::enomem);
    if (instance_count.load() > the_inotify_limits.instances.load(std::memory_order_relaxed))
        return fail(errc::emfile);
    return made;
}

inotify::inotify(ref_ptr<vfs::inode> inode, u32 flags)
    : file(std::move(inode), vfs::open_flag::read_only | flags)
{
    instance_count++;
}

inotify::~inotify()
{
    remove_all_watches(); // nobody adds an event any more
    bool too_big = false;
    while (auto* e = take(~size_t{0}, too_big))
        free_event(e);
    queued_event::destroy(_overflow);
    instance_count--;
}

bool inotify::repeats_last_locked(s32 number, u32 mask, std::string_view name) const
{
    return _last && mask != in_ignored && _last->record.watch == number && _last->record.mask == mask &&
           _last->record.name_bytes == padded_length(name) &&
           (name.empty() || name == std::string_view(_last->name()));
}

void inotify::queue_locked(s32 number, u32 mask, u32 cookie, std::string_view name)
{
    if (repeats_last_locked(number, mask, name))
        return;
    queued_event* e = nullptr;
    if (_count.load(std::memory_order_relaxed) <
        the_inotify_limits.queued_events.load(std::memory_order_relaxed)) {
        const auto name_bytes = static_cast<u32>(padded_length(name));
        e = queued_event::create({.watch = number, .mask = mask, .cookie = cookie, .name_bytes = name_bytes},
                                 name);
    }
    if (!e) {
        if (_overflowed)
            return;
        _overflowed = true;
        e = _overflow;
    }
    append_locked(*e);
}

void inotify::append_locked(queued_event& e)
{
    e.next = nullptr;
    (_last ? _last->next : _first) = &e;
    _last = &e;
    _bytes += e.bytes();
    _count.fetch_add(1, std::memory_order_relaxed);
    _readable.wake_all(vfs::poll_event::readable);
}

/// The first event, if it takes at most `room` bytes.
inotify::queued_event* inotify::take(size_t room, bool& too_big)
{
    lock_guard guard{watch_lock};
    auto* const e = _first;
    too_big = e && e->bytes() > room;
    if (!e || too_big)
        return nullptr;
    _first = e->next;
    if (!_first)
        _last = nullptr;
    _bytes -= e->bytes();
    _count.fetch_sub(1, std::memory_order_relaxed);
    if (e == _overflow)
        _overflowed = false;
    return e;
}

void inotify::free_event(queued_event* e)
{
    if (e != _overflow)
        queued_event::destroy(e);
}

result<size_t> inotify::read(io_buffer& to)
{
    size_t done = 0;
    for (;;) {
        bool too_big = false;
        auto* const e = take(to.remaining(), too_big);
        if (!e) {
            if (done != 0)
                return done;
            if (too_big)
                return fail(errc::einval);
            if (nonblocking())
                return fail(errc::eagain);
            TRY(wait_until(
                _readable, [&] { return has_events(); }, waits));
            continue;
        }
        const size_t bytes = e->bytes();
        const size_t copied = to.copy_out({reinterpret_cast<const std::byte*>(&e->record), bytes});
        free_event(e);
        if (copied < bytes)
            return fail(errc::efault); // the event is lost, as on Linux
        done += bytes;
    }
}

u32 inotify::poll(u32 interest, vfs::poll_registrar* registrar)
{
    if (registrar) {
        registrar->listen(_readable);
        std::atomic_thread_fence(std::memory_order_seq_cst); // entered before the queue is looked at
    }
    return has_events() ? interest & vfs::poll_event::readable : 0;
}

result<u64> inotify::control(u32 request, virt_addr argument)
{
    if (request != fionread)
        return file::control(request, argument);
    int waiting;
    WITH_LOCK(watch_lock)
    waiting = static_cast<int>(_bytes);
    TRY(user_ptr<int>(argument).write(waiting));
    return u64{0};
}

result<size_t> inotify::describe(std::span<char> buffer) const
{
    return describe_as("anon_inode:inotify", buffer);
}

result<int> sys_inotify_init()
{
    return sys_inotify_init1(0);
}

result<int> sys_inotify_init1(u32 flags)
{
    if (flags & ~(o_cloexec | o_nonblock))
        return fail(errc::einval);
    auto made = TRY(inotify::create(flags & o_nonblock));
    return descriptors().install(std::move(made), flags & o_cloexec ? on_exec::close : on_exec::keep);
}

result<int> sys_inotify_add_watch(int descriptor, user_string name, u32 mask)
{
    if (mask == 0 || mask & ~in_known)
        return fail(errc::einval);
    const auto file = TRY(descriptors().use(descriptor));
    if (mask & in_mask_add && mask & in_mask_create)
        return fail(errc::einval);
    auto* const watcher = file_as<inotify>(*file);
    if (!watcher)
        return fail(errc::einval);
    const auto where = TRY(resolve_at(at_fdcwd, name, mask & in_dont_follow ? at_symlink_nofollow : 0));
    if (mask & in_only_directory && !where.inode().is_directory())
        return fail(errc::enotdir);
    return watcher->add_watch(where.inode(), mask);
}

result<void> sys_inotify_rm_watch(int descriptor, int number)
{
    const auto file = TRY(descriptors().use(descriptor));
    auto* const watcher = file_as<inotify>(*file);
    if (!watcher)
        return fail(errc::einval);
    return watcher->remove_watch(number);
}
} // namespace linux
