#include "fs/pipe/pipe.hh"

#include <algorithm>
#include <bit>

#include "core/mm/frames.hh"
#include "core/mm/layout.hh"

namespace fs
{
using vfs::poll_event::error;
using vfs::poll_event::hang_up;

namespace
{
constexpr wait_options until_signal{.interruptible = true};

/// An interrupted wait restarts as the signal's action says.
constexpr errc restartable(errc e)
{
    return e == errc::eintr ? errc::erestartsys : e;
}
} // namespace

result<ref_ptr<pipe>> pipe::create()
{
    auto pages = TRY(try_make_unique<phys_addr[]>(default_size / page_size));
    return TRY(make_ref<pipe>(std::move(pages)));
}

pipe::~pipe()
{
    free_pages(_pages.get(), _page_count);
    free_pages(&_spare, 1);
}

void pipe::free_pages(phys_addr* pages, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (pages[i].value)
            mm::free_frames(pages[i]);
}

/// The page that ends at `position` has been read: keeps it as the spare one or frees it.
void pipe::drop_page(u64 position)
{
    phys_addr& page = page_of(position - 1);
    if (!_spare.value)
        _spare = page;
    else
        mm::free_frames(page);
    page = phys_addr(0);
}

size_t pipe::take(io_buffer& to)
{
    const size_t wanted = std::min(used(), to.remaining());
    size_t done = 0;
    while (done < wanted) {
        const size_t offset = _read_at & page_mask;
        const size_t piece = std::min(page_size - offset, wanted - done);
        const auto* bytes = mm::to_virtual<const std::byte>(page_of(_read_at)) + offset;
        const size_t moved = to.copy_out({bytes, piece});
        _read_at += moved;
        done += moved;
        if (moved && (_read_at & page_mask) == 0)
            drop_page(_read_at);
        if (moved < piece)
            break;
    }
    if (used() == 0 && (_read_at & page_mask) != 0)
        _read_at = _write_at = align_down(_read_at, page_size); // the page begins anew and stays warm
    return done;
}

bool pipe::provide_page(phys_addr& page)
{
    page = std::exchange(_spare, phys_addr(0));
    if (!page.value)
        if (const auto frame = mm::allocate_frames())
            page = *frame;
    return page.value != 0;
}

size_t pipe::put(io_buffer& from, size_t wanted, bool& no_memory)
{
    size_t done = 0;
    while (done < wanted) {
        phys_addr& page = page_of(_write_at);
        if (!page.value && !provide_page(page)) {
            no_memory = true;
            break;
        }
        const size_t offset = _write_at & page_mask;
        const size_t piece = std::min(page_size - offset, wanted - done);
        const size_t moved = from.copy_in({mm::to_virtual<std::byte>(page) + offset, piece});
        _write_at += moved;
        done += moved;
        if (moved < piece)
            break;
    }
    return done;
}

result<size_t> pipe::read(io_buffer& to, blocking mode)
{
    if (to.empty())
        return size_t{0};
    size_t done = 0;
    bool more_to_read = false, room = false;
    WITH_LOCK(_lock)
    {
        if (used() == 0 && _writers > 0) {
            if (mode == blocking::no)
                return fail(errc::eagain);
            const auto waited = wait_until(
                _readable, _lock, [&]() REQUIRES(_lock) { return used() > 0 || _writers == 0; },
                until_signal);
            if (!waited)
                return fail(restartable(waited.error()));
        }
        if (used() == 0)
            return size_t{0};
        done = take(to);
        // Who waits has entered the queue before it looked at the state under the lock, so emptiness is
        // certain here.
        more_to_read = used() > 0 && !_readable.empty();
        room = !_writable.empty() && free_bytes() >= atomic_write;
    }
    if (more_to_read)
        _readable.wake_one(vfs::poll_event::readable); // there may be another reader waiting
    if (room)
        _writable.wake_one(vfs::poll_event::writable);
    return transferred(done, done == 0);
}

/// Waits for room for all of a write that must be atomic, for any room otherwise. False: the write ends with
/// `outcome`.
bool pipe::wait_for_room(size_t needed, blocking mode, errc& outcome)
{
    outcome = errc::epipe;
    if (_readers == 0)
        return false;
    if (free_bytes() >= needed)
        return true;
    outcome = errc::eagain;
    if (mode == blocking::no)
        return false;
    _readable.wake_one(vfs::poll_event::readable);
    const auto waited = wait_until(
        _writable, _lock, [&]() REQUIRES(_lock) { return free_bytes() >= needed || _readers == 0; },
        until_signal);
    if (waited && _readers > 0)
        return true;
    outcome = waited ? errc::epipe : restartable(waited.error());
    return false;
}

result<size_t> pipe::write_locked(io_buffer& from, blocking mode)
{
    const size_t total = from.remaining();
    size_t done = 0;
    while (!from.empty()) {
        errc outcome;
        if (!wait_for_room(total <= atomic_write ? total : 1, mode, outcome))
            return done ? result<size_t>(done) : fail(outcome);
        bool no_memory = false;
        const size_t wanted = std::min(free_bytes(), from.remaining());
        const size_t moved = put(from, wanted, no_memory);
        done += moved;
        if (moved < wanted)
            return done ? result<size_t>(done) : fail(no_memory ? errc::enomem : errc::efault);
    }
    return done;
}

result<size_t> pipe::write(io_buffer& from, blocking mode)
{
    if (from.empty())
        return size_t{0};
    result<size_t> written = size_t{0};
    bool reader_waits = false, room = false;
    WITH_LOCK(_lock)
    {
        written = write_locked(from, mode);
        reader_waits = !_readable.empty();
        room = !_writable.empty() && free_bytes() >= atomic_write;
    }
    if (reader_waits)
        _readable.wake_one(vfs::poll_event::readable);
    if (room)
        _writable.wake_one(vfs::poll_event::writable); // there may be another writer waiting
    return written;
}

u32 pipe::poll(u32 interest, vfs::poll_registrar* registrar, ends side)
{
    if (registrar && side.reader)
        registrar->listen(_readable);
    if (registrar && side.writer)
        registrar->listen(_writable);
    lock_guard guard{_lock};
    u32 ready = 0;
    if (side.reader) {
        if (used() > 0)
            ready |= vfs::poll_event::readable;
        if (_writers == 0 && _writer_opens > 0)
            ready |= hang_up;
    }
    if (side.writer) {
        if (free_bytes() >= atomic_write)
            ready |= vfs::poll_event::writable;
        if (_readers == 0)
            ready |= error;
    }
    return ready & (interest | error | hang_up);
}

size_t pipe::bytes_available()
{
    lock_guard guard{_lock};
    return used();
}

size_t pipe::capacity()
{
    lock_guard guard{_lock};
    return _page_count * page_size;
}

result<size_t> pipe::set_capacity(size_t bytes)
{
    if (bytes > size_t{1} << 31)
        return fail(errc::einval);
    const size_t count = std::bit_ceil(std::max<size_t>(pages_for(bytes), 1));
    if (count * page_size > size_limit)
        return fail(errc::eperm);
    auto pages = TRY(try_make_unique<phys_addr[]>(count));
    lock_guard guard{_lock};
    const u64 first_page = _read_at >> page_shift;
    const u64 end_page = align_up(_write_at, page_size) >> page_shift;
    if (end_page - first_page > count)
        return fail(errc::ebusy);
    if (used() == 0) {
        free_pages(&page_of(_read_at), 1); // the page that was kept warm
        _read_at = _write_at = 0;
    }
    for (u64 page = first_page; used() > 0 && page < end_page; page++)
        pages[page & (count - 1)] = page_of(page << page_shift);
    _pages = std::move(pages);
    _page_count = count;
    if (free_bytes() >= atomic_write)
        _writable.wake_all(vfs::poll_event::writable);
    return count * page_size;
}

void pipe::open_ends(ends which)
{
    lock_guard guard{_lock};
    _readers += which.reader;
    _reader_opens += which.reader;
    _writers += which.writer;
    _writer_opens += which.writer;
    _opened.wake_all();
}

void pipe::close_ends(ends which)
{
    lock_guard guard{_lock};
    _readers -= which.reader;
    _writers -= which.writer;
    if (which.writer && _writers == 0)
        _readable.wake_all(vfs::poll_event::readable | hang_up);
    if (which.reader && _readers == 0)
        _writable.wake_all(vfs::poll_event::writable | error);
}

result<void> pipe::wait_for_reader()
{
    lock_guard guard{_lock};
    const u64 before = _reader_opens;
    const auto waited = wait_until(
        _opened, _lock, [&]() REQUIRES(_lock) { return _readers > 0 || _reader_opens != before; },
        until_signal);
    return waited ? waited : fail(restartable(waited.error()));
}

result<void> pipe::wait_for_writer()
{
    lock_guard guard{_lock};
    const u64 before = _writer_opens;
    const auto waited = wait_until(
        _opened, _lock, [&]() REQUIRES(_lock) { return _writers > 0 || _writer_opens != before; },
        until_signal);
    return waited ? waited : fail(restartable(waited.error()));
}

bool pipe::has_reader()
{
    lock_guard guard{_lock};
    return _readers > 0;
}
} // namespace fs
