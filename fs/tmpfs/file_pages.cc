#include "fs/tmpfs/file_pages.hh"

#include <algorithm>
#include <cstring>

#include "core/mm/frames.hh"
#include "core/mm/layout.hh"

namespace tmpfs
{
struct file_pages::file_page {
    phys_addr frame;
    u32 pins = 0;              // the object's lock
    bool removed = false;      // neither in the file nor mapped: freed with the last pin. The object's lock
    file_page* next = nullptr; // while it is being removed
};

result<void> page_budget::take()
{
    if (_used.fetch_add(1, std::memory_order_relaxed) < _limit)
        return {};
    give_back(1);
    return fail(errc::enospc);
}

file_pages::~file_pages()
{
    u64 at = 0;
    while (auto* p = _pages.next(at, &at)) {
        _pages.erase(at);
        free_page(p);
    }
}

void file_pages::free_page(file_page* p)
{
    mm::free_frames(p->frame);
    _budget->give_back(1);
    delete p;
}

/// A zeroed page at an index that has none.
result<file_pages::file_page*> file_pages::new_page_locked(u64 index)
{
    TRY(_budget->take());
    const auto frame = mm::allocate_frames(0, mm::zeroing::zeroed);
    auto* p = frame ? new (std::nothrow) file_page{.frame = *frame} : nullptr;
    if (p && _pages.insert(index, *p))
        return p;
    delete p;
    if (frame)
        mm::free_frames(*frame);
    _budget->give_back(1);
    return fail(errc::enomem);
}

mm::page_ref file_pages::pin_locked(file_page& p)
{
    p.pins++;
    return {this, p.frame, &p};
}

result<mm::page_ref> file_pages::page(u64 index, mm::access)
{
    lock_guard guard{_lock};
    if (index >= pages_for(size()))
        return fail(errc::enxio);
    auto* p = _pages.find(index);
    if (!p)
        p = TRY(new_page_locked(index));
    return pin_locked(*p);
}

mm::page_ref file_pages::page_if_present(u64 index)
{
    lock_guard guard{_lock};
    auto* p = _pages.find(index);
    return p && index < pages_for(size()) ? pin_locked(*p) : mm::page_ref{};
}

void file_pages::release_page(phys_addr, void* cookie)
{
    auto* p = static_cast<file_page*>(cookie);
    WITH_LOCK(_lock)
    {
        if (--p->pins > 0 || !p->removed)
            return;
    }
    free_page(p);
}

size_t file_pages::describe(char* buffer, size_t length) const
{
    const std::string_view text = _name[0] ? std::string_view(_name) : "tmpfs";
    return text.copy(buffer, length);
}

void file_pages::set_name(std::string_view name)
{
    _name[name.copy(_name, sizeof _name - 1)] = 0;
}

result<size_t> file_pages::read(u64 offset, io_buffer& to)
{
    const u64 end = size();
    size_t done = 0;
    while (!to.empty() && offset < end) {
        const size_t in_page = offset & page_mask;
        const auto piece =
            static_cast<size_t>(std::min<u64>({page_size - in_page, end - offset, to.remaining()}));
        const auto pinned = page_if_present(offset >> page_shift);
        const size_t moved =
            pinned ? to.copy_out({mm::to_virtual<const std::byte>(pinned.frame()) + in_page, piece})
                   : to.clear_out(piece);
        offset += moved;
        done += moved;
        if (moved < piece)
            return transferred(done, true);
    }
    return done;
}

/// Also beyond the present end.
result<mm::page_ref> file_pages::page_for_write(u64 index)
{
    lock_guard guard{_lock};
    auto* p = _pages.find(index);
    if (!p)
        p = TRY(new_page_locked(index));
    return pin_locked(*p);
}

result<size_t> file_pages::write(u64 offset, io_buffer& from)
{
    size_t done = 0;
    while (!from.empty()) {
        const size_t in_page = offset & page_mask;
        const size_t piece = std::min(page_size - in_page, from.remaining());
        const auto pinned = page_for_write(offset >> page_shift);
        if (!pinned)
            return done ? result<size_t>(done) : fail(pinned.error());
        const size_t moved =
            from.copy_in({mm::to_virtual<std::byte>(pinned.value().frame()) + in_page, piece});
        offset += moved;
        done += moved;
        if (moved)
            extend(offset);
        if (moved < piece)
            return transferred(done, true);
    }
    return done;
}

void file_pages::extend(u64 new_size)
{
    if (new_size > _size.load(std::memory_order_relaxed))
        _size.store(new_size, std::memory_order_release);
}

void file_pages::resize(u64 new_size)
{
    const u64 old_size = _size.load(std::memory_order_relaxed);
    _size.store(new_size, std::memory_order_release);
    if (new_size >= old_size)
        return;
    const u64 kept = pages_for(new_size);
    drop_pages(kept, pages_for(old_size));
    if (new_size & page_mask)
        clear_range(kept - 1, new_size & page_mask, page_size);
}

void file_pages::punch_hole(u64 offset, u64 length)
{
    const u64 end = offset + length;
    const u64 first_whole = pages_for(offset), end_whole = end >> page_shift;
    if (first_whole > end_whole) { // inside one page
        clear_range(offset >> page_shift, offset & page_mask, end & page_mask);
        return;
    }
    if (offset & page_mask)
        clear_range(first_whole - 1, offset & page_mask, page_size);
    if (end & page_mask)
        clear_range(end_whole, 0, end & page_mask);
    drop_pages(first_whole, end_whole);
}

result<void> file_pages::allocate(u64 offset, u64 length)
{
    for (u64 index = offset >> page_shift; index < pages_for(offset + length); index++) {
        lock_guard guard{_lock};
        if (!_pages.find(index))
            TRY(new_page_locked(index));
    }
    return {};
}

/// Takes pages [first, end) out of the file, then out of every mapping, then frees those that nobody copies
/// from or to. The pin that each has in between keeps it from being freed while it is still mapped.
void file_pages::drop_pages(u64 first_index, u64 end_index)
{
    file_page* removed = nullptr;
    WITH_LOCK(_lock)
    {
        u64 at = first_index;
        for (auto* p = _pages.next(at, &at); p && at < end_index; p = _pages.next(at, &at)) {
            _pages.erase(at);
            p->pins++;
            p->next = removed;
            removed = p;
        }
    }
    unmap_everywhere(first_index, end_index - first_index);
    while (removed) {
        auto* const p = std::exchange(removed, removed->next);
        WITH_LOCK(_lock)
        {
            p->removed = true;
        }
        release_page(p->frame, p);
    }
}

void file_pages::clear_range(u64 index, size_t begin, size_t end)
{
    if (const auto pinned = page_if_allocated(index))
        std::memset(mm::to_virtual<std::byte>(pinned.frame()) + begin, 0, end - begin);
}

/// Also a page beyond the present end.
mm::page_ref file_pages::page_if_allocated(u64 index)
{
    lock_guard guard{_lock};
    auto* p = _pages.find(index);
    return p ? pin_locked(*p) : mm::page_ref{};
}

u64 file_pages::page_count()
{
    lock_guard guard{_lock};
    return _pages.size();
}

u64 file_pages::next_data(u64 offset)
{
    lock_guard guard{_lock};
    u64 index;
    if (!_pages.next(offset >> page_shift, &index))
        return size();
    return std::min(std::max(offset, index << page_shift), size());
}

u64 file_pages::next_hole(u64 offset)
{
    lock_guard guard{_lock};
    u64 index = offset >> page_shift;
    while (_pages.find(index))
        index++;
    return std::min(std::max(offset, index << page_shift), size());
}
} // namespace tmpfs
