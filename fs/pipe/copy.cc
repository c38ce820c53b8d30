// tee(2): what one pipe holds into another one, without taking it.
#include <algorithm>
#include <cstring>

#include "core/mm/layout.hh"
#include "fs/pipe/pipe.hh"

namespace fs
{
namespace
{
constexpr wait_options until_signal{.interruptible = true};

constexpr errc restartable(errc e)
{
    return e == errc::eintr ? errc::erestartsys : e;
}

/// Two pipes locked in the order of their addresses.
class pipe_pair_guard
{
  public:
    pipe_pair_guard(mutex& a, mutex& b) NO_THREAD_SAFETY_ANALYSIS : _first(&a < &b ? a : b),
                                                                    _second(&a < &b ? b : a)
    {
        _first.lock();
        _second.lock();
    }
    ~pipe_pair_guard() NO_THREAD_SAFETY_ANALYSIS
    {
        _second.unlock();
        _first.unlock();
    }
    pipe_pair_guard(const pipe_pair_guard&) = delete;
    pipe_pair_guard& operator=(const pipe_pair_guard&) = delete;

  private:
    mutex& _first;
    mutex& _second;
};
} // namespace

/// False: there are none and there will be none.
result<bool> pipe::wait_for_bytes(blocking mode)
{
    lock_guard guard{_lock};
    if (used() == 0 && _writers > 0) {
        if (mode == blocking::no)
            return fail(errc::eagain);
        const auto waited = wait_until(
            _readable, _lock, [&]() REQUIRES(_lock) { return used() > 0 || _writers == 0; }, until_signal);
        if (!waited)
            return fail(restartable(waited.error()));
    }
    return used() > 0;
}

result<void> pipe::wait_for_any_room(blocking mode)
{
    lock_guard guard{_lock};
    if (_readers > 0 && free_bytes() == 0) {
        if (mode == blocking::no)
            return fail(errc::eagain);
        const auto waited = wait_until(
            _writable, _lock, [&]() REQUIRES(_lock) { return free_bytes() > 0 || _readers == 0; },
            until_signal);
        if (!waited)
            return fail(restartable(waited.error()));
    }
    return _readers > 0 ? result<void>{} : fail(errc::epipe);
}

/// Both are locked. Fewer bytes if there is no memory. Not by put(): a second caller would cost each write
/// the inlining of it.
size_t pipe::copy_from(pipe& other, size_t bytes) NO_THREAD_SAFETY_ANALYSIS
{
    size_t done = 0;
    while (done < bytes) {
        phys_addr& page = page_of(_write_at);
        if (!page.value && !provide_page(page))
            break;
        const u64 from = other._read_at + done;
        const size_t offset = _write_at & page_mask, from_offset = from & page_mask;
        const size_t piece = std::min({page_size - offset, page_size - from_offset, bytes - done});
        std::memcpy(mm::to_virtual<std::byte>(page) + offset,
                    mm::to_virtual<const std::byte>(other.page_of(from)) + from_offset, piece);
        _write_at += piece;
        done += piece;
    }
    return done;
}

result<size_t> pipe::copy_to(pipe& to, size_t bytes, blocking mode) NO_THREAD_SAFETY_ANALYSIS
{
    for (;;) {
        const bool some = TRY(wait_for_bytes(mode));
        TRY(to.wait_for_any_room(mode)); // that nobody reads there is said first
        if (!some)
            return size_t{0};
        const pipe_pair_guard guard(_lock, to._lock);
        const size_t wanted = std::min({bytes, used(), to.free_bytes()});
        if (wanted == 0 || to._readers == 0)
            continue; // another thread was faster
        const size_t done = to.copy_from(*this, wanted);
        _readable.wake_one(
            vfs::poll_event::readable); // the bytes are still there: who else waits has its turn
        if (done == 0)
            return fail(errc::enomem);
        to._readable.wake_one(vfs::poll_event::readable);
        return done;
    }
}
} // namespace fs
