#include "linux/socket/unix/passed_files.hh"

#include <algorithm>

#include "linux/files/context.hh"
#include "linux/socket/unix/unix_file.hh"

namespace linux
{
namespace
{
/// Unix sockets that messages refer to. By hand, since globals are constant-initialised and Boost's lists are
/// not.
class flight_list
{
  public:
    unix_file* first() const { return _first; }
    static unix_file* next(const unix_file& f) { return f.flight.next; }

    void add(unix_file& f)
    {
        f.flight.previous = nullptr;
        f.flight.next = _first;
        if (_first)
            _first->flight.previous = &f;
        _first = &f;
    }
    void remove(unix_file& f)
    {
        (f.flight.previous ? f.flight.previous->flight.next : _first) = f.flight.next;
        if (f.flight.next)
            f.flight.next->flight.previous = f.flight.previous;
    }

  private:
    unix_file* _first = nullptr;
};

constexpr size_t least_to_collect = 64; // sockets in flight before sending begins a collection

constinit mutex flight_lock{lock_rank::generic_mutex};
constinit flight_list in_flight GUARDED_BY(flight_lock);
constinit std::atomic<size_t> count_in_flight{0};
constinit std::atomic<size_t> next_collection{least_to_collect};

// Files that wait to be released; a thread that finds another at work leaves them to that one.
constinit spinlock release_lock{lock_rank::socket_table};
constinit passed_files* to_release GUARDED_BY(release_lock) = nullptr;
constinit bool releasing GUARDED_BY(release_lock) = false;

unix_file* as_unix(vfs::file& file)
{
    socket_file* const socket = socket_file::from(file);
    return socket && socket->family() == af_unix ? static_cast<unix_file*>(socket) : nullptr;
}

void count_flight(vfs::file& file, int by) REQUIRES(flight_lock)
{
    unix_file* const socket = as_unix(file);
    if (!socket)
        return;
    flight_state& state = socket->flight;
    const bool was = state.flights != 0;
    state.flights += static_cast<unsigned>(by);
    if (!was) {
        in_flight.add(*socket);
        count_in_flight.fetch_add(1, std::memory_order_relaxed);
    } else if (state.flights == 0) {
        in_flight.remove(*socket);
        count_in_flight.fetch_sub(1, std::memory_order_relaxed);
    }
}

template <class Action>
void each_suspect(passed_files& files, Action action)
{
    for (auto& file : files.all())
        if (unix_file* const f = as_unix(*file); f && f->flight.suspected)
            action(*f);
}

void suspect_all() REQUIRES(flight_lock)
{
    for (unix_file* f = in_flight.first(); f; f = flight_list::next(*f)) {
        f->flight.suspected = f->reference_count() == f->flight.flights;
        f->flight.unexplained = f->flight.flights;
    }
    for (unix_file* f = in_flight.first(); f; f = flight_list::next(*f))
        if (f->flight.suspected)
            f->endpoint().for_each_message([](unix_message& m) {
                if (m.files)
                    each_suspect(*m.files, [](unix_file& g) { g.flight.unexplained--; });
            });
}

/// What is held from outside the suspects lives, and so does what lies in its queue.
void clear_reachable() REQUIRES(flight_lock)
{
    flight_list live;
    const auto clear = [&](unix_file& f) NO_THREAD_SAFETY_ANALYSIS {
        f.flight.suspected = false;
        in_flight.remove(f);
        live.add(f);
    };
    for (unix_file *f = in_flight.first(), *next; f; f = next) {
        next = flight_list::next(*f);
        if (f->flight.suspected && f->flight.unexplained != 0)
            clear(*f);
    }
    while (unix_file* const f = live.first()) {
        live.remove(*f);
        in_flight.add(*f);
        f->endpoint().for_each_message([&](unix_message& m) {
            if (m.files)
                each_suspect(*m.files, clear);
        });
    }
}

/// The files in the queues of those that are still suspected, as a chain.
passed_files* take_garbage() REQUIRES(flight_lock)
{
    passed_files* chain = nullptr;
    for (unix_file* f = in_flight.first(); f; f = flight_list::next(*f))
        if (f->flight.suspected)
            f->endpoint().for_each_message([&](unix_message& m) {
                if (!m.files)
                    return;
                m.files->next = chain;
                chain = m.files.release();
            });
    return chain;
}
} // namespace

result<unique_ptr<passed_files>> take_files(std::span<const int> wanted)
{
    auto taken = TRY(try_make_unique<passed_files>());
    taken->files = TRY(try_make_unique<ref_ptr<vfs::file>[]>(wanted.size()));
    for (const int descriptor : wanted)
        taken->files[taken->count++] = TRY(descriptors().use_any(descriptor)).share();
    return taken;
}

result<unique_ptr<passed_files>> copy_files(passed_files& files)
{
    auto copied = TRY(try_make_unique<passed_files>());
    copied->files = TRY(try_make_unique<ref_ptr<vfs::file>[]>(files.count));
    lock_guard guard{flight_lock}; // not while a collection counts references
    for (auto& file : files.all())
        copied->files[copied->count++] = file;
    return copied;
}

void begin_flight(passed_files& files)
{
    WITH_LOCK(flight_lock)
    {
        for (auto& file : files.all())
            count_flight(*file, 1);
    }
    if (count_in_flight.load(std::memory_order_relaxed) < next_collection.load(std::memory_order_relaxed))
        return;
    collect_sockets_in_flight();
    const size_t left = count_in_flight.load(std::memory_order_relaxed);
    next_collection.store(std::max(least_to_collect, 2 * left), std::memory_order_relaxed);
}

void end_flight(passed_files& files)
{
    lock_guard guard{flight_lock};
    for (auto& file : files.all())
        count_flight(*file, -1);
}

void release(unique_ptr<passed_files> files)
{
    WITH_LOCK(release_lock)
    {
        files->next = to_release;
        to_release = files.release();
        if (std::exchange(releasing, true))
            return;
    }
    for (;;) {
        unique_ptr<passed_files> next;
        WITH_LOCK(release_lock)
        {
            next.reset(to_release);
            if (!next) {
                releasing = false;
                return;
            }
            to_release = next->next;
        }
    }
}

void collect_sockets_in_flight()
{
    if (count_in_flight.load(std::memory_order_relaxed) == 0)
        return;
    passed_files* garbage;
    WITH_LOCK(flight_lock)
    {
        suspect_all();
        clear_reachable();
        garbage = take_garbage();
        for (passed_files* f = garbage; f; f = f->next)
            for (auto& file : f->all())
                count_flight(*file, -1);
    }
    while (garbage) {
        unique_ptr<passed_files> next(garbage);
        garbage = next->next;
        release(std::move(next));
    }
}
} // namespace linux
