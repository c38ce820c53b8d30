#include "fs/cache/cached_object.hh"

#include <algorithm>
#include <bit>

#include "core/mm/frames.hh"
#include "core/mm/layout.hh"
#include "core/mm/reclaim.hh"
#include "fs/cache/reclaim_list.hh"

namespace cache
{
cached_object::~cached_object() = default;

result<void> cached_object::write_page(u64, std::span<const std::byte>)
{
    return fail(errc::erofs);
}

void cached_object::free_page(cached_page* p)
{
    mm::free_frames(p->frame);
    delete p;
}

mm::page_ref cached_object::pin_locked(cached_page& p)
{
    p.pins++;
    p.used.store(true, std::memory_order_relaxed);
    return {this, p.frame, &p};
}

void cached_object::release_page(phys_addr, void* cookie)
{
    auto* p = static_cast<cached_page*>(cookie);
    WITH_LOCK(_lock)
    {
        if (--p->pins > 0 || !p->removed)
            return;
    }
    free_page(p);
}

bool cached_object::is_reading_locked(u64 index)
{
    const auto* p = _pages.find(index);
    return p && p->now == state::reading;
}

result<mm::page_ref> cached_object::page(u64 index, mm::access wanted)
{
    for (bool fetched = false;; fetched = true) {
        size_t window = 0;
        WITH_LOCK(_lock)
        {
            if (index >= pages_for(size()))
                return fail(errc::enxio);
            if (is_reading_locked(index))
                (void)wait_until(_arrived, _lock,
                                 [&]() REQUIRES(_lock) { return !is_reading_locked(index); });
            if (auto* p = _pages.find(index)) {
                if (wanted == mm::access::write && p->now == state::ready) {
                    p->now = state::dirty;
                    reclaim_list::remove(*p);
                }
                auto pinned = pin_locked(*p);
                if (fetched)
                    pinned.mark_fetched();
                return pinned;
            }
            window = window_locked(index);
        }
        TRY(read_in(index, window));
    }
}

mm::page_ref cached_object::page_if_present(u64 index)
{
    lock_guard guard{_lock};
    auto* p = _pages.find(index);
    return p && p->now != state::reading && index < pages_for(size()) ? pin_locked(*p) : mm::page_ref{};
}

/// How many pages from `index` on to read: more with each miss that follows the last one.
size_t cached_object::window_locked(u64 index)
{
    const bool sequential = index == _next_expected;
    _window =
        sequential ? std::min(std::max(_window * 2, read_ahead_start), read_ahead_limit) : read_ahead_start;
    u64 count = std::min<u64>(_window, pages_for(size()) - index);
    if (u64 next = 0; _pages.next(index, &next))
        count = std::min(count, next - index);
    _next_expected = index + count;
    return static_cast<size_t>(count);
}

namespace
{
/// `count` contiguous frames that are freed one by one; fewer if memory is not that unbroken.
result<phys_addr> contiguous_frames(size_t& count)
{
    // When memory is scarce, what is read ahead takes the place of older clean pages, not of what others
    // could use.
    if (mm::memory_is_scarce())
        mm::reclaim_frames(count);
    for (; count > 1; count /= 2) {
        const auto order = static_cast<unsigned>(std::bit_width(count - 1));
        const auto block = mm::try_allocate_frames(order);
        if (!block)
            continue;
        mm::split_frames(block.value(), order);
        for (size_t i = count; i < size_t{1} << order; i++)
            mm::free_frames(block.value() + i * page_size);
        return block;
    }
    return mm::allocate_frames();
}
} // namespace

/// Enters pages as `reading` up to the first that is there already; frames without a page are freed.
cached_object::batch cached_object::enter_batch(u64 index, phys_addr frames, size_t count)
{
    batch b;
    b.frames = frames;
    WITH_LOCK(_lock)
    {
        for (; b.count < count; b.count++) {
            auto* p = new (std::nothrow)
                cached_page{.frame = frames + b.count * page_size, .index = index + b.count, .object = this};
            if (!p)
                break;
            if (!_pages.insert(p->index, *p)) {
                delete p;
                break;
            }
            b.pages[b.count] = p;
        }
    }
    for (size_t i = b.count; i < count; i++)
        mm::free_frames(frames + i * page_size);
    return b;
}

/// Takes the pages behind the first `keep` out again.
void cached_object::leave_batch(batch& b, size_t keep)
{
    WITH_LOCK(_lock)
    {
        for (size_t i = keep; i < b.count; i++)
            _pages.erase(b.pages[i]->index);
    }
    for (size_t i = keep; i < b.count; i++)
        free_page(b.pages[i]);
    b.count = keep;
    _arrived.wake_all();
}

void cached_object::finish_batch(batch& b)
{
    WITH_LOCK(_lock)
    {
        for (size_t i = 0; i < b.count; i++) {
            b.pages[i]->now = state::ready;
            reclaim_list::add(*b.pages[i]);
        }
    }
    _arrived.wake_all();
}

result<void> cached_object::read_in(u64 index, size_t window)
{
    // Memory is found without the lock, so that reclaim may take pages of this object too.
    const auto frames = TRY(contiguous_frames(window));
    auto b = enter_batch(index, frames, window);
    if (b.count == 0) { // somebody else was faster, or there is no memory for the tree
        lock_guard guard{_lock};
        return _pages.find(index) ? result<void>{} : fail(errc::enomem);
    }
    auto* const bytes = mm::to_virtual<std::byte>(frames);
    auto done = read_pages(index, {bytes, b.count * page_size});
    if (!done && b.count > 1) { // what is wrong may lie in the part that nobody asked for
        leave_batch(b, 1);
        done = read_pages(index, {bytes, page_size});
    }
    if (!done) {
        leave_batch(b, 0);
        return done;
    }
    finish_batch(b);
    return {};
}

result<size_t> cached_object::read(u64 offset, io_buffer& to)
{
    size_t done = 0;
    while (!to.empty() && offset < size()) {
        const size_t in_page = offset & page_mask;
        const auto piece =
            static_cast<size_t>(std::min<u64>({page_size - in_page, size() - offset, to.remaining()}));
        auto pinned = page(offset >> page_shift, mm::access::read);
        if (!pinned)
            return done ? result<size_t>(done) : fail(pinned.error());
        const size_t moved = to.copy_out({mm::to_virtual<const std::byte>(pinned->frame()) + in_page, piece});
        offset += moved;
        done += moved;
        if (moved < piece)
            return transferred(done, true);
    }
    return done;
}

/// The next dirty page of the range, pinned and clean from now on: a later store makes it dirty again.
cached_object::cached_page* cached_object::take_dirty_locked(u64 first_index, u64 end_index)
{
    u64 at = first_index;
    for (auto* p = _pages.next(at, &at); p && at < end_index; p = _pages.next(at + 1, &at))
        if (p->now == state::dirty) {
            p->now = state::ready;
            p->pins++;
            return p;
        }
    return nullptr;
}

result<void> cached_object::write_back(u64 first_index, u64 count)
{
    const u64 end = count > ~u64{0} - first_index ? ~u64{0} : first_index + count;
    result<void> outcome;
    for (u64 at = first_index;;) {
        cached_page* p = nullptr;
        WITH_LOCK(_lock)
        {
            p = take_dirty_locked(at, end);
        }
        if (!p)
            return outcome;
        at = p->index + 1;
        write_protect_everywhere(p->index, 1);
        const auto written = write_page(p->index, {mm::to_virtual<const std::byte>(p->frame), page_size});
        WITH_LOCK(_lock)
        {
            if (!written)
                p->now = state::dirty;
            else if (p->now == state::ready && !p->removed)
                reclaim_list::add(*p);
        }
        if (!written)
            outcome = fail(written.error());
        release_page(p->frame, p);
    }
}

void cached_object::discard_from(u64 first_index)
{
    for (;;) {
        cached_page* p = nullptr;
        WITH_LOCK(_lock)
        {
            u64 at = first_index;
            p = _pages.next(at, &at);
            if (!p)
                return;
            if (p->now == state::reading) {
                (void)wait_until(_arrived, _lock, [&]() REQUIRES(_lock) { return !is_reading_locked(at); });
                continue;
            }
            _pages.erase(at);
            p->pins++; // keeps it until it is out of every mapping
        }
        reclaim_list::remove(*p);
        unmap_everywhere(p->index, 1);
        WITH_LOCK(_lock)
        {
            p->removed = true;
        }
        release_page(p->frame, p);
    }
}

void cached_object::forget_all() NO_THREAD_SAFETY_ANALYSIS
{
    // Nobody has a reference any more, so no page is pinned, mapped or being read.
    u64 at = 0;
    while (auto* p = _pages.next(at, &at)) {
        _pages.erase(at);
        reclaim_list::remove(*p);
        free_page(p);
    }
}

bool cached_object::try_reclaim(u64 index) NO_THREAD_SAFETY_ANALYSIS
{
    // The caller of the allocator may hold this very lock.
    if (!_lock.try_lock())
        return false;
    auto* p = _pages.find(index);
    if (p && (p->now != state::ready || p->pins > 0))
        p = nullptr;
    if (p)
        _pages.erase(index);
    _lock.unlock();
    if (!p)
        return false;
    reclaim_list::remove(*p);
    unmap_everywhere(index, 1);
    free_page(p); // nobody pinned it, and nobody can find it any more
    return true;
}

size_t cached_object::cached_pages()
{
    lock_guard guard{_lock};
    return _pages.size();
}
} // namespace cache
