// Frames of RAM on the host, for drivers that share whole pages with their devices: pages of the process,
// kept to its end, because a device may still look at them.
#include "core/mm/frames.hh"

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <vector>

#include "core/mm/layout.hh"

namespace mm
{
namespace
{
/// Never destroyed, so that leak checkers see the pages.
struct page_lists {
    std::mutex lock;
    std::vector<void*> all, free;
};
page_lists& lists()
{
    static auto& made = *new page_lists;
    return made;
}
} // namespace

result<phys_addr> allocate_frames(unsigned order, zeroing clear)
{
    if (order != 0)
        return fail(errc::enomem);
    auto& [lock, all, free] = lists();
    std::lock_guard guard(lock);
    if (free.empty()) {
        free.push_back(std::aligned_alloc(page_size, page_size));
        all.push_back(free.back());
    }
    void* const page = free.back();
    free.pop_back();
    std::memset(page, clear == zeroing::zeroed ? 0 : 0xa5, page_size);
    return to_physical(page);
}

void free_frames(phys_addr block, unsigned)
{
    std::lock_guard guard(lists().lock);
    lists().free.push_back(to_virtual(block));
}
} // namespace mm
