// Memory as file systems need it, on the host: every frame is a block of the host's heap, so that
// AddressSanitizer sees what goes wrong. A limit makes it run out; then the registered reclaimers are asked,
// as in the kernel.
#include "tests/unit/fs/memory.hh"

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "arch/user_copy.hh"
#include "core/mm/frames.hh"
#include "core/mm/layout.hh"
#include "core/mm/memory_object.hh"
#include "core/mm/reclaim.hh"
#include "core/mm/user_access.hh"

namespace
{
std::recursive_mutex lock;
std::map<u64, u64> block_of_frame; // frames of blocks that were split
std::map<u64, size_t> frames_left; // of a split block
std::vector<mm::reclaimer*> reclaimers;
u64 used = 0;
u64 limit = 1 << 20;
u64 unmapped = 0;
} // namespace

namespace test
{
void set_frame_limit(u64 frames)
{
    limit = frames;
}
u64 frames_in_use()
{
    return used;
}
u64 unmap_calls()
{
    return unmapped;
}
} // namespace test

namespace mm
{
result<phys_addr> try_allocate_frames(unsigned order, zeroing clear)
{
    std::lock_guard guard(lock);
    const size_t frames = size_t{1} << order;
    if (used + frames > limit)
        return fail(errc::enomem);
    void* block = std::aligned_alloc(page_size << order, page_size << order);
    std::memset(block, clear == zeroing::zeroed ? 0 : 0xdb, page_size << order);
    used += frames;
    return phys_addr(reinterpret_cast<u64>(block));
}

result<phys_addr> allocate_frames(unsigned order, zeroing clear)
{
    if (const auto got = try_allocate_frames(order, clear))
        return got;
    reclaim_frames(size_t{1} << order);
    return try_allocate_frames(order, clear);
}

void split_frames(phys_addr block, unsigned order)
{
    std::lock_guard guard(lock);
    if (order == 0)
        return;
    for (size_t i = 0; i < size_t{1} << order; i++)
        block_of_frame[block.value + i * page_size] = block.value;
    frames_left[block.value] = size_t{1} << order;
}

void free_frames(phys_addr block, unsigned order)
{
    std::lock_guard guard(lock);
    used -= size_t{1} << order;
    const auto part = block_of_frame.find(block.value);
    if (part == block_of_frame.end()) {
        std::free(reinterpret_cast<void*>(block.value));
        return;
    }
    std::memset(reinterpret_cast<void*>(block.value), 0xdb, page_size);
    const u64 whole = part->second;
    block_of_frame.erase(part);
    if (--frames_left[whole] == 0) {
        frames_left.erase(whole);
        std::free(reinterpret_cast<void*>(whole));
    }
}

void release_reserved(const memory_range&) {}
frame_statistics statistics()
{
    return {.total = limit, .free = limit - used};
}
bool memory_is_short()
{
    return used * 8 > limit * 7;
}

bool memory_is_scarce()
{
    return used * 8 > limit * 7;
}

void register_reclaimer(reclaimer& r)
{
    reclaimers.push_back(&r);
}

size_t reclaim_frames(size_t wanted)
{
    size_t freed = 0;
    for (auto* r : reclaimers)
        if (freed < wanted)
            freed += r->reclaim(wanted - freed);
    return freed;
}

memory_object::~memory_object() = default;
void memory_object::remember_name(std::string_view) {}
void memory_object::unmap_everywhere(u64, u64 count)
{
    unmapped += count != 0;
}
void memory_object::write_protect_everywhere(u64, u64) {}

size_t copy_from_user_partial(void* to, virt_addr from, size_t bytes)
{
    return bytes - arch::copy_user(to, reinterpret_cast<const void*>(from.value), bytes);
}
size_t copy_to_user_partial(virt_addr to, const void* from, size_t bytes)
{
    return bytes - arch::copy_user(reinterpret_cast<void*>(to.value), from, bytes);
}
result<void> copy_to_user(virt_addr to, const void* from, size_t bytes)
{
    return copy_to_user_partial(to, from, bytes) == bytes ? result<void>{} : fail(errc::efault);
}
} // namespace mm
