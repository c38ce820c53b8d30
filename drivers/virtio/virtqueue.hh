// The driver's side of a split virtqueue: offer chains of buffers, take back the finished ones.
//
// The queue trusts nothing that the device writes. It keeps the free list, the length of each chain and its
// token in memory of its own; a used entry that names no offered chain, or says more was written than fits,
// makes the queue broken: one log line, then every call answers eio. The caller holds its own lock around all
// calls.
//
// Use: add() one or more chains, publish(), notify the device if it says so. On an interrupt: take() until
// there is nothing, then enable_interrupts(), which tells if something arrived in between.
#pragma once

#include <optional>
#include <span>

#include "core/base/make_unique.hh"
#include "core/base/result.hh"
#include "core/base/types.hh"
#include "drivers/virtio/ring_layout.hh"

namespace virtio
{
/// A piece of memory that the device reads or writes.
struct segment {
    phys_addr address;
    u32 length = 0;
};

/// Where a request keeps a table of its own for indirect descriptors, so that a long chain takes one slot of
/// the ring.
struct indirect_table {
    std::span<descriptor> entries; // in the direct map
};

struct queue_features {
    bool event_index = false;
    bool indirect = false;
};

class virtqueue
{
  public:
    static constexpr u16 largest_size = 1024;

    /// `size` is a power of two. Errors: enomem, einval.
    static result<unique_ptr<virtqueue>> create(u16 size, queue_features features);

    u16 size() const { return _size; }
    u16 free_descriptors() const { return _free_count; }
    u16 in_flight() const { return _in_flight; }
    bool broken() const { return _broken; }

    phys_addr descriptor_area() const;
    phys_addr driver_area() const;
    phys_addr device_area() const;

    /// Offers one chain; `token` (not null) comes back from take(). The device does not see it before
    /// publish(). Errors: eagain (no room now), einval (nothing to offer), eio (broken).
    result<void> add(std::span<const segment> readable, std::span<const segment> writable, void* token,
                     indirect_table table = {});

    /// Shows the device what was added. True: it wants to be notified.
    [[nodiscard]] bool publish();

    struct completion {
        void* token;
        u32 written; // bytes, at most the length of the chain's writable part
    };
    std::optional<completion> take();
    /// Whether take() has something to look at.
    bool has_completions();

    /// Asks for an interrupt at the next completion. True: there already is one, so take() again.
    [[nodiscard]] bool enable_interrupts();
    void disable_interrupts();

    /// Takes back every chain that the device still has; only after the device was reset or its queue is
    /// broken.
    std::optional<completion> abandon();

  private:
    struct slot {
        void* token = nullptr; // of the chain that begins here
        u16 count = 0;         // ring descriptors that it takes
        u16 next = 0;          // in the chain or in the free list
        u32 writable_bytes = 0;
    };

    virtqueue(u16 size, queue_features features, unique_ptr<std::byte[]> memory, unique_ptr<slot[]> slots);

    void fill_chain(u16 head, std::span<const segment> readable, std::span<const segment> writable);
    void fill_table(u16 head, std::span<const segment> readable, std::span<const segment> writable,
                    indirect_table table);
    completion finish(u16 head, u32 written);
    void break_down(const char* why, u32 value);

    descriptor* descriptors() { return reinterpret_cast<descriptor*>(_memory.get()); }
    ring_header* available() { return reinterpret_cast<ring_header*>(_memory.get() + _offsets.available); }
    ring_header* used() { return reinterpret_cast<ring_header*>(_memory.get() + _offsets.used); }
    u16* available_ring() { return reinterpret_cast<u16*>(available() + 1); }
    used_element* used_ring() { return reinterpret_cast<used_element*>(used() + 1); }
    u16* used_event() { return available_ring() + _size; }
    u16* available_event() { return reinterpret_cast<u16*>(used_ring() + _size); }
    const u16 _size;
    const queue_features _features;
    const ring_offsets _offsets;
    unique_ptr<std::byte[]> _memory; // shared with the device
    unique_ptr<slot[]> _slots;       // ours alone
    u16 _first_free = 0;
    u16 _free_count;
    u16 _in_flight = 0;       // chains that the device has or will have
    u16 _available_index = 0; // next to be offered
    u16 _published_index = 0; // what the device has been shown
    u16 _used_index = 0;      // next to be taken
    bool _broken = false;
};
} // namespace virtio
