#include "core/mm/kernel_areas.hh"

#include <atomic>
#include <optional>

#include "arch/page_table.hh"
#include "arch/thread_context.hh"
#include "arch/tlb.hh"
#include "core/mm/frames.hh"
#include "core/mm/kernel_page_tables.hh"
#include "core/mm/layout.hh"
#include "core/mm/range_list.hh"
#include "core/mm/reclaim.hh"
#include "core/sync/spinlock.hh"

namespace mm
{
namespace
{
using arch::page_entry;
using arch::page_table;

constexpr unsigned stack_order = 2;
constexpr u64 stack_pages = u64{1} << stack_order;
static_assert(stack_pages * page_size == arch::kernel_stack_size);

/// Stacks of ended threads, kept mapped for the next ones.
constexpr unsigned stack_cache_limit = 64;
struct cached_stack {
    cached_stack* next;
};

constinit spinlock areas_lock{lock_rank::kernel_areas};
constinit range_list free_pages GUARDED_BY(areas_lock); // page numbers from kernel_areas_start
constinit bool initialised GUARDED_BY(areas_lock) = false;
constinit cached_stack* stack_cache GUARDED_BY(areas_lock) = nullptr;
constinit unsigned stack_cache_count GUARDED_BY(areas_lock) = 0;

page_table kernel_tables()
{
    return page_table::borrow(kernel_page_table_root());
}
virt_addr address_of(u64 page)
{
    return kernel_areas_start + (page << page_shift);
}
u64 page_of(virt_addr a)
{
    return (a - kernel_areas_start) >> page_shift;
}

std::optional<u64> take_pages(u64 count) REQUIRES(areas_lock)
{
    if (!initialised) {
        free_pages.add(0, (kernel_areas_end - kernel_areas_start) >> page_shift);
        initialised = true;
    }
    for (const auto& r : free_pages.ranges())
        if (r.end - r.first >= count) {
            const u64 first = r.first;
            free_pages.subtract(first, first + count);
            return first;
        }
    return {};
}

/// Maps `count` frames behind `guard` unmapped pages of a new range; returns the first mapped address.
result<virt_addr> map_frames(phys_addr frames, u64 count, u64 guard, page_entry pattern)
{
    lock_guard lock{areas_lock};
    const auto first = take_pages(count + guard);
    if (!first)
        return fail(errc::enomem);
    const virt_addr start = address_of(*first + guard);
    auto tables = kernel_tables();
    const auto mapped =
        tables.map_range(start, frames, count << page_shift, pattern, page_table::largest_page::small);
    if (!mapped) {
        free_pages.add(*first, *first + count + guard);
        return fail(mapped.error());
    }
    return start;
}

/// Tables are allocated under a spinlock, where nothing is reclaimed: do that here and try once more.
result<virt_addr> map_frames_reclaiming(phys_addr frames, u64 count, u64 guard, page_entry pattern)
{
    auto start = map_frames(frames, count, guard, pattern);
    if (!start && arch::irqs_enabled() && reclaim_frames(8) != 0)
        return map_frames(frames, count, guard, pattern);
    return start;
}

void unmap_pages(virt_addr start, u64 count, u64 guard)
{
    WITH_LOCK(areas_lock)
    {
        auto tables = kernel_tables();
        for (u64 i = 0; i < count; i++)
            if (auto* slot = tables.find(start + i * page_size))
                slot->take();
    }
    arch::flush_kernel_tlb(start, start + count * page_size);
    lock_guard lock{areas_lock};
    free_pages.add(page_of(start) - guard, page_of(start) + count);
}
} // namespace

result<void*> map_device(phys_addr start, size_t size, caching how)
{
    const auto type = how == caching::uncached ? arch::memory_type::uncached : arch::memory_type::write_back;
    const auto pattern = page_entry::leaf({}, {.read = true, .write = true}, false).with_memory_type(type);
    const u64 count = pages_for(start.page_offset() + size);
    const auto mapped = TRY(map_frames_reclaiming(start.page(), count, 0, pattern));
    return reinterpret_cast<void*>((mapped + start.page_offset()).value);
}

void unmap_device(void* pointer, size_t size)
{
    const virt_addr start(reinterpret_cast<u64>(pointer));
    unmap_pages(start.page(), pages_for(start.page_offset() + size), 0);
}

namespace
{
void end_stack(void* lowest)
{
    const virt_addr start(reinterpret_cast<u64>(lowest));
    const phys_addr frames = kernel_tables().find(start)->load().frame();
    unmap_pages(start, stack_pages, 1);
    free_frames(frames, stack_order);
}

void* pop_cached_stack()
{
    lock_guard lock{areas_lock};
    cached_stack* s = stack_cache;
    if (s) {
        stack_cache = s->next;
        stack_cache_count--;
    }
    return s;
}

class stack_reclaimer final : public reclaimer
{
  public:
    size_t reclaim(size_t wanted) override
    {
        size_t freed = 0;
        for (; freed < wanted; freed += stack_pages) {
            void* stack = pop_cached_stack();
            if (!stack)
                break;
            end_stack(stack);
        }
        return freed;
    }
};
constinit stack_reclaimer reclaimer_of_stacks;
constinit std::atomic<bool> registered{false};
} // namespace

result<void*> allocate_kernel_stack()
{
    if (void* cached = pop_cached_stack())
        return cached;
    const phys_addr frames = TRY(allocate_frames(stack_order));
    const auto pattern = page_entry::leaf({}, {.read = true, .write = true}, false);
    const auto start = map_frames_reclaiming(frames, stack_pages, 1, pattern);
    if (!start) {
        free_frames(frames, stack_order);
        return fail(start.error());
    }
    return reinterpret_cast<void*>((*start).value);
}

void free_kernel_stack(void* lowest)
{
    if (!registered.exchange(true, std::memory_order_relaxed))
        register_reclaimer(reclaimer_of_stacks);
    WITH_LOCK(areas_lock)
    {
        if (stack_cache_count < stack_cache_limit) {
            stack_cache = new (lowest) cached_stack{stack_cache};
            stack_cache_count++;
            return;
        }
    }
    end_stack(lowest);
}
} // namespace mm
