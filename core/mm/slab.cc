#include "core/mm/slab.hh"

#include <algorithm>
#include <array>
#include <atomic>
#include <new>

#include "core/mm/frame_state.hh"
#include "core/mm/frames.hh"
#include "core/mm/heap_debug.hh"
#include "core/mm/layout.hh"
#include "core/sync/spinlock.hh"

namespace mm
{
namespace
{
/// Slabs with free objects. A plain list, because a constinit global cannot hold one of Boost's.
class slab_list
{
  public:
    slab* first() const { return _first; }
    bool has_only(const slab& s) const { return _first == &s && !s.next; }
    void push_front(slab& s)
    {
        s.previous = nullptr;
        s.next = _first;
        if (_first)
            _first->previous = &s;
        _first = &s;
    }
    void remove(slab& s)
    {
        (s.previous ? s.previous->next : _first) = s.next;
        if (s.next)
            s.next->previous = s.previous;
    }

  private:
    slab* _first = nullptr;
};

struct size_class {
    spinlock lock{lock_rank::heap};
    slab_list partial GUARDED_BY(lock);
};

constinit size_class classes[size_class_count];
constinit std::atomic<u64> frames_in_use{0};

/// Index by (size - 1) / 16, up to 1024; larger sizes are searched.
constexpr size_t table_limit = 1024;
constexpr auto class_table = [] {
    std::array<u8, table_limit / 16> table{};
    for (size_t i = 0; i < table.size(); i++)
        table[i] = static_cast<u8>(
            std::lower_bound(class_sizes, class_sizes + size_class_count, (i + 1) * 16) - class_sizes);
    return table;
}();

slab* make_slab(unsigned size_class)
{
    const unsigned order = slab_order(size_class);
    const auto frames = allocate_frames(order);
    if (!frames)
        return nullptr;
    for (u64 i = 0; i < u64{1} << order; i++)
        state_of(*frames + i * page_size) = frame_state(frame_kind::slab, order);
    auto* s = new (to_virtual(*frames)) slab;
    const size_t bytes = page_size << order;
    const size_t size = class_sizes[size_class];
    s->size_class = static_cast<u8>(size_class);
    s->order = static_cast<u8>(order);
    s->object_count = static_cast<u16>((bytes - sizeof(slab)) / size);
    s->free_count = s->object_count;
    char* object = reinterpret_cast<char*>(s) + bytes;
    for (unsigned i = 0; i < s->object_count; i++) {
        object -= size;
        if (heap_debug::enabled)
            heap_debug::on_carve(object, size);
        s->free = new (object) free_object{s->free};
    }
    frames_in_use.fetch_add(u64{1} << order, std::memory_order_relaxed);
    return s;
}

void free_slab(slab& s)
{
    const phys_addr frames = to_physical(&s);
    const unsigned order = s.order;
    state_of(frames) = frame_state(frame_kind::allocated, order);
    frames_in_use.fetch_sub(u64{1} << order, std::memory_order_relaxed);
    free_frames(frames, order);
}

u32 take_from(slab_list& partial, u32 wanted, free_object*& first)
{
    u32 taken = 0;
    while (taken < wanted && partial.first()) {
        slab& s = *partial.first();
        while (taken < wanted && s.free) {
            free_object* object = s.free;
            s.free = object->next;
            s.free_count--;
            object->next = first;
            first = object;
            taken++;
        }
        if (!s.free)
            partial.remove(s);
    }
    return taken;
}
} // namespace

unsigned class_of_size(size_t size)
{
    if (size <= table_limit) [[likely]]
        return class_table[(size - 1) / 16];
    return static_cast<unsigned>(std::lower_bound(class_sizes, class_sizes + size_class_count, size) -
                                 class_sizes);
}

/// Small objects fill one frame; larger ones get blocks in which at least seven fit.
unsigned slab_order(unsigned size_class)
{
    const size_t size = class_sizes[size_class];
    unsigned order = 0;
    while (((page_size << order) - sizeof(slab)) / size < 7)
        order++;
    return order;
}

slab& slab_of(const void* object)
{
    const auto address = reinterpret_cast<u64>(object);
    const frame_state state = state_of(to_physical(object));
    assert(state.kind() == frame_kind::slab);
    return *reinterpret_cast<slab*>(align_down(address, page_size << state.order()));
}

u32 take_objects(unsigned size_class, u32 wanted, free_object*& first)
{
    auto& c = classes[size_class];
    WITH_LOCK(c.lock)
    {
        if (const u32 taken = take_from(c.partial, wanted, first))
            return taken;
    }
    slab* fresh = make_slab(size_class); // without the lock: frames may have to be reclaimed
    if (!fresh)
        return 0;
    lock_guard guard{c.lock};
    c.partial.push_front(*fresh);
    return take_from(c.partial, wanted, first);
}

void return_objects(unsigned size_class, free_object* first, u32 count)
{
    auto& c = classes[size_class];
    slab_list empty;
    WITH_LOCK(c.lock)
    {
        for (u32 i = 0; i < count; i++) {
            free_object* object = first;
            first = object->next;
            slab& s = slab_of(object);
            object->next = s.free;
            s.free = object;
            if (s.free_count++ == 0)
                c.partial.push_front(s);
            if (s.free_count == s.object_count && !c.partial.has_only(s)) {
                c.partial.remove(s);
                empty.push_front(s);
            }
        }
    }
    while (slab* s = empty.first()) {
        empty.remove(*s);
        free_slab(*s);
    }
}

u64 slab_frames_in_use()
{
    return frames_in_use.load(std::memory_order_relaxed);
}
} // namespace mm
