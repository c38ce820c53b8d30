// Advice, writing back, residency and locking (madvise(2), msync(2), mincore(2), mlock(2)).
#include <algorithm>
#include <array>
#include <optional>

#include "core/mm/address_space.hh"
#include "core/mm/layout.hh"
#include "linux/abi/mman.hh"
#include "linux/memory/calls.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
mm::address_space& space()
{
    return current_program().address_space();
}

/// What mm does for it; nothing for advice that has no effect without fork or page merging.
std::optional<mm::advice> to_advice(int advice)
{
    switch (advice) {
    case madv_normal:
        return mm::advice::normal;
    case madv_random:
        return mm::advice::random;
    case madv_sequential:
        return mm::advice::sequential;
    case madv_willneed:
        return mm::advice::will_need;
    case madv_dontneed:
        return mm::advice::dont_need;
    case madv_free:
        return mm::advice::free;
    case madv_remove:
        return mm::advice::remove;
    case madv_dontfork:
        return mm::advice::dont_fork;
    case madv_dofork:
        return mm::advice::do_fork;
    case madv_hugepage:
        return mm::advice::huge_page;
    case madv_nohugepage:
        return mm::advice::no_huge_page;
    case madv_dontdump:
        return mm::advice::dont_dump;
    case madv_dodump:
        return mm::advice::do_dump;
    case madv_cold:
        return mm::advice::cold;
    case madv_pageout:
        return mm::advice::page_out;
    case madv_populate_read:
        return mm::advice::populate_read;
    case madv_populate_write:
        return mm::advice::populate_write;
    default:
        return std::nullopt;
    }
}

constexpr bool is_without_effect(int advice)
{
    return advice == madv_mergeable || advice == madv_unmergeable || advice == madv_wipeonfork ||
           advice == madv_keeponfork;
}

/// The whole pages that a byte range touches. Errors: `overflow` if it runs over the end of addresses.
struct page_range {
    virt_addr start;
    u64 length;
};
result<page_range> touched_pages(virt_addr start, u64 length)
{
    const u64 end = start.value + length + page_mask;
    if (end < start.value)
        return fail(errc::einval);
    return page_range{start.page(), align_down(end, page_size) - start.page().value};
}

/// Calls f(start, length) for every area, without the lock that f takes.
template <class Function>
void for_each_range(Function f)
{
    virt_addr cursor{0};
    for (;;) {
        bool found = false;
        page_range next{};
        space().for_each_area([&](const mm::area& a) {
            if (found || a.start() < cursor)
                return;
            found = true;
            next = {a.start(), a.length()};
        });
        if (!found)
            return;
        f(next);
        cursor = next.start + next.length;
    }
}
} // namespace

result<void> sys_madvise(virt_addr start, u64 length, int advice)
{
    const auto what = to_advice(advice);
    if (!what && !is_without_effect(advice))
        return fail(errc::einval);
    const u64 rounded = align_up(length, page_size);
    if (start.page_offset() != 0 || rounded < length || start.value + rounded < start.value)
        return fail(errc::einval);
    if (rounded == 0 || !what)
        return {};
    return space().advise(start, rounded, *what);
}

result<void> sys_msync(virt_addr start, u64 length, int flags)
{
    if ((flags & ~(ms_async | ms_invalidate | ms_sync)) ||
        (flags & (ms_async | ms_sync)) == (ms_async | ms_sync))
        return fail(errc::einval);
    if (start.page_offset() != 0)
        return fail(errc::einval);
    const u64 rounded = align_up(length, page_size);
    if (rounded < length || start.value + rounded < start.value)
        return fail(errc::enomem);
    if (rounded == 0)
        return {};
    return space().sync(start, rounded, flags & ms_sync ? mm::sync_mode::sync : mm::sync_mode::async,
                        flags & ms_invalidate);
}

result<void> sys_mincore(virt_addr start, u64 length, virt_addr pages)
{
    if (start.page_offset() != 0)
        return fail(errc::einval);
    if (!mm::is_application_range(start, length))
        return fail(errc::enomem);
    std::array<u8, 256> piece;
    for (u64 left = pages_for(length); left != 0;) {
        const size_t count = std::min<u64>(left, piece.size());
        TRY(space().mincore(start, {piece.data(), count}));
        TRY(mm::copy_to_user(pages, piece.data(), count));
        start += count * page_size;
        pages += count;
        left -= count;
    }
    return {};
}

result<void> sys_mlock(virt_addr start, u64 length)
{
    return sys_mlock2(start, length, 0);
}

result<void> sys_mlock2(virt_addr start, u64 length, u32 flags)
{
    if (flags & ~mlock_onfault)
        return fail(errc::einval);
    const auto range = TRY(touched_pages(start, length));
    if (range.length == 0)
        return {};
    return space().lock_pages(range.start, range.length, flags & mlock_onfault);
}

result<void> sys_munlock(virt_addr start, u64 length)
{
    const auto range = TRY(touched_pages(start, length));
    if (range.length == 0)
        return {};
    return space().unlock_pages(range.start, range.length);
}

result<void> sys_mlockall(int flags)
{
    if (flags == 0 || (flags & ~(mcl_current | mcl_future | mcl_onfault)) || flags == mcl_onfault)
        return fail(errc::einval);
    // Nothing is ever swapped; what a later mapping touches stays by itself unless it is a file's clean page.
    if (flags & mcl_current)
        for_each_range(
            [&](const page_range& r) { (void)space().lock_pages(r.start, r.length, flags & mcl_onfault); });
    return {};
}

result<void> sys_munlockall()
{
    for_each_range([](const page_range& r) { (void)space().unlock_pages(r.start, r.length); });
    return {};
}
} // namespace linux
