#include "core/mm/heap.hh"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <utility>

#include "core/mm/cpu_memory.hh"
#include "core/mm/frame_state.hh"
#include "core/mm/frames.hh"
#include "core/mm/heap_debug.hh"
#include "core/mm/layout.hh"
#include "core/mm/slab.hh"

namespace mm
{
namespace
{
constinit std::atomic<u64> large_frames{0};

/// Objects that move between a CPU's list and the slabs at a time: about a kilobyte's worth.
constexpr auto batches = [] {
    std::array<u8, size_class_count> sizes{};
    for (unsigned i = 0; i < size_class_count; i++)
        sizes[i] = static_cast<u8>(std::clamp(1024 / class_sizes[i], 2, 16));
    return sizes;
}();
u32 batch_of(unsigned size_class)
{
    return batches[size_class];
}

/// This CPU's list of a class; null before the CPU has one (refill() makes it). Interrupts off.
object_cache* this_cache(unsigned size_class)
{
    cpu_memory* const mine = cpu_memories[arch::current_cpu()];
    return mine ? &mine->objects[size_class] : nullptr;
}

/// From this CPU's list; null if it is empty.
void* pop(unsigned size_class)
{
    const auto irqs = arch::irq_save();
    object_cache* cache = this_cache(size_class);
    auto* object = cache ? static_cast<free_object*>(cache->first) : nullptr;
    if (object) [[likely]] {
        cache->first = object->next;
        cache->count--;
    }
    arch::irq_restore(irqs);
    return object;
}

/// Half of a list that has grown long goes back into the slabs.
[[gnu::noinline]] void shrink(unsigned size_class)
{
    const u32 batch = batch_of(size_class);
    const auto irqs = arch::irq_save();
    object_cache& cache = *this_cache(size_class);
    if (cache.count <= batch) // interrupts were on for a moment
        return arch::irq_restore(irqs);
    auto* last = static_cast<free_object*>(cache.first);
    for (u32 i = 1; i < batch; i++) // the youngest stay: they are in the CPU's cache
        last = last->next;
    free_object* const surplus = std::exchange(last->next, nullptr);
    const u32 count = cache.count - batch;
    cache.count = batch;
    arch::irq_restore(irqs);
    return_objects(size_class, surplus, count);
}

/// Puts an object into this CPU's list.
void push(unsigned size_class, void* pointer)
{
    const auto irqs = arch::irq_save();
    object_cache* const cache = this_cache(size_class);
    if (!cache) [[unlikely]] {
        arch::irq_restore(irqs);
        return return_objects(size_class, new (pointer) free_object{nullptr}, 1);
    }
    cache->first = new (pointer) free_object{static_cast<free_object*>(cache->first)};
    const u32 count = ++cache->count;
    arch::irq_restore(irqs);
    if (count > 2 * batch_of(size_class)) [[unlikely]]
        shrink(size_class);
}

/// From the slabs, and some more for this CPU's list.
[[gnu::noinline]] void* refill(unsigned size_class)
{
    const auto irqs = arch::irq_save();
    (void)this_cpu_memory();
    arch::irq_restore(irqs);
    free_object* first = nullptr;
    u32 taken = take_objects(size_class, batch_of(size_class), first);
    if (taken == 0)
        return nullptr;
    void* object = first;
    first = first->next;
    for (; taken > 1; taken--) { // interrupts may have filled the list meanwhile: push() keeps its bound
        free_object* next = first->next;
        push(size_class, first);
        first = next;
    }
    return object;
}

void* allocate_small(unsigned size_class)
{
    void* const object = pop(size_class);
    return object ? object : refill(size_class);
}

/// Whole frames, without what the block of a power of two has too many.
[[gnu::noinline]] void* allocate_large(size_t size)
{
    const u64 frames = pages_for(size);
    if (frames > u64{1} << max_order)
        return nullptr;
    const auto order = static_cast<unsigned>(std::bit_width(frames - 1));
    const auto block = allocate_frames(order);
    if (!block)
        return nullptr;
    split_frames(*block, order);
    for (u64 i = frames; i < u64{1} << order; i++)
        free_frames(*block + i * page_size);
    for (u64 i = 0; i < frames; i++)
        state_of(*block + i * page_size) =
            frame_state(i == 0 ? frame_kind::large_head : frame_kind::large_tail, i + 1 == frames);
    large_frames.fetch_add(frames, std::memory_order_relaxed);
    return to_virtual(*block);
}

/// The last frame's state has order 1.
u64 count_large_frames(phys_addr first)
{
    u64 frames = 1;
    while (state_of(first + (frames - 1) * page_size).order() == 0)
        frames++;
    return frames;
}

[[gnu::noinline]] void free_large(phys_addr first)
{
    ensure(state_of(first).kind() == frame_kind::large_head && is_aligned(first.value, page_size));
    const u64 frames = count_large_frames(first);
    for (u64 i = 0; i < frames; i++) {
        state_of(first + i * page_size) = frame_state(frame_kind::allocated, 0);
        free_frames(first + i * page_size);
    }
    large_frames.fetch_sub(frames, std::memory_order_relaxed);
}

/// Bytes behind an allocation's beginning, red zone included.
size_t capacity_of(const void* pointer)
{
    const phys_addr frame = to_physical(pointer);
    if (state_of(frame).kind() == frame_kind::slab)
        return class_sizes[slab_of(pointer).size_class];
    return count_large_frames(frame) * page_size;
}
} // namespace

void* allocate(size_t size, size_t alignment)
{
    if (size > page_size << max_order) [[unlikely]]
        return nullptr;
    size_t room = std::max(size + heap_debug::red_zone, size_t{16});
    if (alignment > 16) // a class that is a power of two is aligned to itself
        room = std::bit_ceil(std::max(room, alignment));
    void* pointer = room <= largest_small ? allocate_small(class_of_size(room)) : allocate_large(room);
    if (heap_debug::enabled && pointer)
        heap_debug::on_allocate(pointer, size, capacity_of(pointer));
    return pointer;
}

void free(void* pointer)
{
    if (!pointer)
        return;
    if (heap_debug::enabled)
        heap_debug::on_free(pointer, capacity_of(pointer));
    const phys_addr frame = to_physical(pointer);
    if (state_of(frame).kind() == frame_kind::slab) [[likely]]
        return push(slab_of(pointer).size_class, pointer);
    free_large(frame);
}

size_t usable_size(const void* pointer)
{
    return capacity_of(pointer) - heap_debug::red_zone;
}

heap_statistics heap_usage()
{
    return {slab_frames_in_use(), large_frames.load(std::memory_order_relaxed)};
}
} // namespace mm
