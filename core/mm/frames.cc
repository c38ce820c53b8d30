// The frame allocator's front: a cache of single frames per CPU, the lock around the buddy allocator, and
// what happens when memory runs out.
#include "core/mm/frames.hh"

#include <algorithm>
#include <atomic>
#include <new>

#include "core/mm/buddy.hh"
#include "core/mm/cpu_memory.hh"
#include "core/mm/layout.hh"
#include "core/mm/reclaim.hh"
#include "core/sync/spinlock.hh"

namespace mm
{
constinit cpu_memory* cpu_memories[sched::max_cpus] = {};

namespace
{
constinit spinlock frames_lock{lock_rank::frames};
constinit buddy all_frames;
constinit std::atomic<bool> shortage_announced{false};

constexpr unsigned reclaim_attempts = 8;
constexpr size_t reclaim_batch = 64;
constexpr u64 scarce_part = 32; // of all frames

/// Blocks that a CPU's cache takes and gives back at a time.
constexpr unsigned batch_order = 4;
constexpr unsigned batch = 1u << batch_order;

void push(frame_cache& cache, phys_addr frame)
{
    cache.frames[cache.count++] = static_cast<u32>(frame.page_number());
}
phys_addr pop(frame_cache& cache)
{
    return phys_addr(u64{cache.frames[--cache.count]} << page_shift);
}

/// Moves a batch of frames from the buddy allocator into this CPU's empty cache. Interrupts off.
void refill(frame_cache& cache)
{
    lock_guard guard{frames_lock};
    if (const auto block = all_frames.allocate(batch_order)) {
        for (u64 i = batch; i-- > 0;) { // the lowest comes first
            const phys_addr frame = *block + i * page_size;
            all_frames.state(frame.page_number()) = frame_state(frame_kind::allocated, 0);
            push(cache, frame);
        }
    } else if (const auto single = all_frames.allocate(0)) {
        push(cache, *single);
    }
}

/// Gives the oldest frames back, so that the youngest (in the CPU's cache) are used again first. Interrupts
/// off.
void drain(frame_cache& cache, unsigned frames)
{
    lock_guard guard{frames_lock};
    for (unsigned i = 0; i < frames; i++)
        all_frames.free(phys_addr(u64{cache.frames[i]} << page_shift), 0);
    std::copy(cache.frames + frames, cache.frames + cache.count, cache.frames);
    cache.count -= frames;
}

/// Tells the reclaimers, once per shortage. Not under a spinlock: they wake threads.
void announce_shortage()
{
    if (!arch::irqs_enabled())
        return;
    const u64 free = all_frames.free_frames(); // a torn read would only announce early or late
    const u64 low = all_frames.total_frames() / scarce_part;
    if (free >= low) {
        if (free >= 2 * low && shortage_announced.load(std::memory_order_relaxed))
            shortage_announced.store(false, std::memory_order_relaxed);
        return;
    }
    if (!shortage_announced.exchange(true, std::memory_order_relaxed))
        kick_reclaimers();
}
result<phys_addr> allocate_single()
{
    phys_addr frame;
    if (try_allocate_singles({&frame, 1}, zeroing::none) == 0) [[unlikely]]
        return fail(errc::enomem);
    return frame;
}

/// A block from the lists; if there is none, again after this CPU's cache went back to be joined.
result<phys_addr> allocate_block(unsigned order)
{
    WITH_LOCK(frames_lock)
    {
        if (auto block = all_frames.allocate(order))
            return block;
    }
    const auto irqs = arch::irq_save();
    if (cpu_memory* mine = cpu_memories[arch::current_cpu()])
        drain(mine->frames, mine->frames.count);
    arch::irq_restore(irqs);
    lock_guard guard{frames_lock};
    return all_frames.allocate(order);
}

} // namespace

cpu_memory* make_cpu_memory()
{
    lock_guard guard{frames_lock};
    const auto frame = all_frames.allocate(0);
    if (!frame)
        return nullptr;
    auto* memory = new (to_virtual(*frame)) cpu_memory;
    memory->frames.limit =
        std::clamp(static_cast<unsigned>(all_frames.total_frames() / 64), 2 * batch, frame_cache::capacity);
    return cpu_memories[arch::current_cpu()] = memory;
}

frame_state& state_of(phys_addr frame)
{
    return all_frames.state(frame.page_number());
}

result<void> init_frames(std::span<const memory_range> ram, std::span<const memory_range> reserved)
{
    lock_guard guard{frames_lock};
    return all_frames.init(ram, reserved);
}

result<phys_addr> try_allocate_frames(unsigned order, zeroing clear)
{
    const auto block = order == 0 ? allocate_single() : allocate_block(order);
    if (block && clear == zeroing::zeroed)
        for (u64 i = 0; i < u64{1} << order; i++)
            clear_frame(*block + i * page_size);
    return block;
}

result<phys_addr> allocate_frames(unsigned order, zeroing clear)
{
    if (order > max_order)
        return fail(errc::enomem);
    auto block = try_allocate_frames(order, clear);
    if (block) [[likely]]
        return *block;
    if (!arch::irqs_enabled())
        return fail(errc::enomem);
    kick_reclaimers();
    for (unsigned i = 0; i < reclaim_attempts; i++) {
        if (reclaim_frames(std::max(size_t{1} << order, reclaim_batch)) == 0)
            break;
        if (auto found = try_allocate_frames(order, clear))
            return *found;
    }
    return fail(errc::enomem);
}

size_t try_allocate_singles(std::span<phys_addr> frames, zeroing clear)
{
    size_t given = 0;
    bool refilled = false;
    const auto irqs = arch::irq_save();
    if (cpu_memory* mine = this_cpu_memory()) [[likely]] {
        frame_cache& cache = mine->frames;
        for (; given < frames.size(); given++) {
            if (cache.count == 0) [[unlikely]] {
                refill(cache);
                refilled = true;
                if (cache.count == 0)
                    break;
            }
            frames[given] = pop(cache);
        }
    }
    arch::irq_restore(irqs);
    if (refilled) [[unlikely]]
        announce_shortage();
    if (clear == zeroing::zeroed)
        for (const phys_addr frame : frames.first(given))
            clear_frame(frame);
    return given;
}

void free_blocks(std::span<const frame_block> blocks)
{
    const auto irqs = arch::irq_save();
    cpu_memory* mine = this_cpu_memory();
    for (const frame_block b : blocks) {
        if (b.order() != 0 || !mine) [[unlikely]] {
            lock_guard guard{frames_lock};
            all_frames.free(b.address(), b.order());
            continue;
        }
        frame_cache& cache = mine->frames;
        if (cache.count == cache.limit) [[unlikely]]
            drain(cache, batch);
        push(cache, b.address());
    }
    arch::irq_restore(irqs);
}

void free_frames(phys_addr block, unsigned order)
{
    const frame_block one(block, order);
    free_blocks({&one, 1});
}

void split_frames(phys_addr block, unsigned order)
{
    for (u64 i = 0; i < u64{1} << order; i++)
        state_of(block + i * page_size) = frame_state(frame_kind::allocated, 0);
}

void release_reserved(const memory_range& range)
{
    lock_guard guard{frames_lock};
    all_frames.add_reserved(pages_for(range.start.value), (range.start + range.length).page_number());
}

frame_statistics statistics()
{
    frame_statistics s;
    WITH_LOCK(frames_lock)
    {
        s.total = all_frames.total_frames();
        s.free = all_frames.free_frames();
    }
    for (const cpu_memory* m : cpu_memories)
        if (m)
            s.free += m->frames.count; // may be a little old
    return s;
}

u64 total_frames()
{
    return all_frames.total_frames();
}

bool memory_is_scarce()
{
    return all_frames.free_frames() < all_frames.total_frames() / scarce_part;
}

bool memory_is_short()
{
    return all_frames.free_frames() < all_frames.total_frames() / 8;
}

void clear_frame(phys_addr frame)
{
    void* p = to_virtual(frame);
    size_t words = page_size / 8;
    asm volatile("rep stosq" : "+D"(p), "+c"(words) : "a"(0) : "memory");
}

void copy_frame(phys_addr to, phys_addr from)
{
    void* target = to_virtual(to);
    const void* source = to_virtual(from);
    size_t words = page_size / 8;
    asm volatile("rep movsq" : "+D"(target), "+S"(source), "+c"(words)::"memory");
}
} // namespace mm
