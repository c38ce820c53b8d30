// The driver's side of a split virtqueue; see virtqueue.hh and virtio 1.2 §2.7.
//
// Memory order: what the device must see before an index is published by a release store; what it wrote
// before its index is read after an acquire load; a device fence stands where we write one word and then read
// one of the device's (publish: index, then avail_event; enable_interrupts: used_event, then index).
#include "drivers/virtio/virtqueue.hh"

#include <atomic>

#include "arch/cpu.hh"
#include "core/log.hh"
#include "core/mm/layout.hh"

namespace virtio
{
namespace
{
u16 load_acquire(u16& word)
{
    return std::atomic_ref(word).load(std::memory_order_acquire);
}
void store_release(u16& word, u16 value)
{
    std::atomic_ref(word).store(value, std::memory_order_release);
}

descriptor describe(const segment& s, u16 flags)
{
    return {s.address.value, s.length, flags, 0};
}

/// Writes the segments as consecutive entries at `to`, linked in order; every one but the last says `next`.
void fill_entries(std::span<descriptor> to, std::span<const segment> readable,
                  std::span<const segment> writable)
{
    size_t i = 0;
    for (const segment& s : readable)
        to[i++] = describe(s, descriptor_next);
    for (const segment& s : writable)
        to[i++] = describe(s, descriptor_next | descriptor_writable);
    for (size_t j = 0; j < i; j++)
        to[j].next = static_cast<u16>(j + 1);
    to[i - 1].flags = static_cast<u16>(to[i - 1].flags & ~descriptor_next);
}
} // namespace

result<unique_ptr<virtqueue>> virtqueue::create(u16 size, queue_features features)
{
    const bool power_of_two = size != 0 && (size & (size - 1)) == 0;
    if (size > largest_size || !power_of_two)
        return fail(errc::einval);
    auto memory = TRY(try_make_unique<std::byte[]>(ring_offsets::of(size).total));
    auto slots = TRY(try_make_unique<slot[]>(size));
    auto* queue = new (std::nothrow) virtqueue(size, features, std::move(memory), std::move(slots));
    if (!queue)
        return fail(errc::enomem);
    return unique_ptr<virtqueue>(queue);
}

virtqueue::virtqueue(u16 size, queue_features features, unique_ptr<std::byte[]> memory,
                     unique_ptr<slot[]> slots)
    : _size(size), _features(features), _offsets(ring_offsets::of(size)), _memory(std::move(memory)),
      _slots(std::move(slots)), _free_count(size)
{
    for (u16 i = 0; i < size; i++)
        _slots[i].next = static_cast<u16>(i + 1);
}

phys_addr virtqueue::descriptor_area() const
{
    return mm::to_physical(_memory.get());
}
phys_addr virtqueue::driver_area() const
{
    return descriptor_area() + _offsets.available;
}
phys_addr virtqueue::device_area() const
{
    return descriptor_area() + _offsets.used;
}

result<void> virtqueue::add(std::span<const segment> readable, std::span<const segment> writable, void* token,
                            indirect_table table)
{
    const size_t segments = readable.size() + writable.size();
    if (_broken)
        return fail(errc::eio);
    if (segments == 0 || !token)
        return fail(errc::einval);
    const bool indirect = _features.indirect && segments > 1 && segments <= table.entries.size();
    const size_t needed = indirect ? 1 : segments;
    if (needed > _size)
        return fail(errc::einval);
    if (needed > _free_count)
        return fail(errc::eagain);

    const u16 head = _first_free;
    if (indirect)
        fill_table(head, readable, writable, table);
    else
        fill_chain(head, readable, writable);
    slot& first = _slots[head];
    first.token = token;
    first.count = static_cast<u16>(needed);
    first.writable_bytes = 0;
    for (const segment& s : writable)
        first.writable_bytes += s.length;
    _free_count = static_cast<u16>(_free_count - needed);
    _in_flight++;
    available_ring()[_available_index & (_size - 1)] = head;
    _available_index++;
    return {};
}

/// Takes descriptors off the free list, one per segment, and links them.
void virtqueue::fill_chain(u16 head, std::span<const segment> readable, std::span<const segment> writable)
{
    u16 index = head;
    u16 last = head;
    const auto append = [&](const segment& s, u16 flags) {
        last = index;
        index = _slots[index].next;
        descriptors()[last] = describe(s, static_cast<u16>(flags | descriptor_next));
        descriptors()[last].next = index;
    };
    for (const segment& s : readable)
        append(s, 0);
    for (const segment& s : writable)
        append(s, descriptor_writable);
    descriptors()[last].flags = static_cast<u16>(descriptors()[last].flags & ~descriptor_next);
    _first_free = index;
}

void virtqueue::fill_table(u16 head, std::span<const segment> readable, std::span<const segment> writable,
                           indirect_table table)
{
    fill_entries(table.entries, readable, writable);
    const size_t bytes = (readable.size() + writable.size()) * sizeof(descriptor);
    _first_free = _slots[head].next;
    descriptors()[head] = {mm::to_physical(table.entries.data()).value, static_cast<u32>(bytes),
                           descriptor_indirect, 0};
}

bool virtqueue::publish()
{
    const u16 before = _published_index;
    if (_available_index == before || _broken)
        return false;
    store_release(available()->index,
                  _available_index); // pairs with the device's load: it sees the descriptors
    _published_index = _available_index;
    arch::device_fence(); // our index is visible before we read whether the device sleeps
    if (_features.event_index)
        return passes_event(load_acquire(*available_event()), _available_index, before);
    return !(load_acquire(used()->flags) & no_notify);
}

bool virtqueue::has_completions()
{
    return load_acquire(used()->index) != _used_index;
}

std::optional<virtqueue::completion> virtqueue::take()
{
    if (_broken)
        return {};
    const u16 device_index = load_acquire(used()->index); // what the device wrote before it is now visible
    const u16 waiting = static_cast<u16>(device_index - _used_index);
    if (waiting == 0)
        return {};
    if (waiting > _in_flight) {
        break_down("says it finished more than it got", waiting);
        return {};
    }
    const used_element element =
        used_ring()[_used_index & (_size - 1)]; // one copy: the device may still change it
    if (element.head >= _size || !_slots[element.head].token) {
        break_down("returns a buffer it does not have", element.head);
        return {};
    }
    if (element.written > _slots[element.head].writable_bytes) {
        break_down("says it wrote more than fits", element.written);
        return {};
    }
    _used_index++;
    return finish(static_cast<u16>(element.head), element.written);
}

/// Gives a chain's descriptors back to the free list.
virtqueue::completion virtqueue::finish(u16 head, u32 written)
{
    slot& first = _slots[head];
    const completion done{first.token, written};
    u16 last = head;
    for (u16 i = 1; i < first.count; i++)
        last = _slots[last].next;
    _slots[last].next = _first_free;
    _first_free = head;
    _free_count = static_cast<u16>(_free_count + first.count);
    _in_flight--;
    first.token = nullptr;
    first.count = 0;
    return done;
}

bool virtqueue::enable_interrupts()
{
    if (_broken)
        return false;
    if (_features.event_index)
        store_release(*used_event(), _used_index);
    else
        store_release(available()->flags, 0);
    arch::device_fence(); // our wish is visible before we look for what came without an interrupt
    return has_completions();
}

void virtqueue::disable_interrupts()
{
    if (_features.event_index)
        store_release(*used_event(), static_cast<u16>(_used_index - 1)); // passed only after a whole round
    else
        store_release(available()->flags, no_interrupt);
}

std::optional<virtqueue::completion> virtqueue::abandon()
{
    for (u16 head = 0; head < _size && _in_flight > 0; head++)
        if (_slots[head].token)
            return finish(head, 0);
    return {};
}

void virtqueue::break_down(const char* why, u32 value)
{
    _broken = true;
    klog::line("virtio: a device {} ({}): it is not used any more", why, value);
}
} // namespace virtio
