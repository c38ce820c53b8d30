// See grants.hh.
#include "drivers/xen/grants.hh"

#include <array>
#include <atomic>

#include "core/mm/frames.hh"
#include "core/mm/layout.hh"
#include "core/sync/mutex.hh"
#include "drivers/xen/hypervisor.hh"

namespace xen::grants
{
namespace
{
constexpr u32 entries_per_page = page_size / sizeof(grant_entry);
constexpr size_t most_pages = 16;

constinit mutex table_lock{lock_rank::generic_mutex};
constinit std::array<grant_entry*, most_pages> pages GUARDED_BY(table_lock){};
constinit u32 next GUARDED_BY(table_lock) = reserved_grants;

/// Xen's limit shows when it refuses the next page.
result<grant_entry*> page_of_locked(u32 number) REQUIRES(table_lock)
{
    const size_t index = number / entries_per_page;
    if (index >= most_pages)
        return fail(errc::enospc);
    if (!pages[index]) {
        const phys_addr frame = TRY(mm::allocate_frames());
        if (!map_page(map_space::grant_table, index, frame)) {
            mm::free_frames(frame);
            return fail(errc::enospc);
        }
        pages[index] = mm::to_virtual<grant_entry>(frame);
    }
    return pages[index];
}
} // namespace

result<void> start()
{
    lock_guard guard{table_lock};
    TRY(page_of_locked(next));
    return {};
}

result<u32> share(phys_addr page, domain_id with)
{
    lock_guard guard{table_lock};
    grant_entry& entry = TRY(page_of_locked(next))[next % entries_per_page];
    entry.domain = with;
    entry.frame = static_cast<u32>(page.value >> page_shift);
    std::atomic_ref(entry.flags).store(grant_flag::permit_access, std::memory_order_release);
    return next++;
}
} // namespace xen::grants
