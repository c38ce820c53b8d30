// The device's side of a split virtqueue, as a device that keeps the rules would do it (virtio 1.2 §2.7).
#pragma once

#include <cstring>
#include <optional>
#include <vector>

#include "core/mm/layout.hh"
#include "drivers/virtio/virtqueue.hh"

struct model_chain {
    u16 head;
    std::vector<std::byte> readable; // a copy of what the driver sent
    std::vector<std::pair<std::byte*, u32>> writable;

    u32 room() const
    {
        u32 sum = 0;
        for (const auto& [pointer, length] : writable)
            sum += length;
        return sum;
    }
    /// Fills the writable part from its beginning.
    u32 write(std::span<const std::byte> bytes)
    {
        u32 done = 0;
        for (const auto& [pointer, length] : writable) {
            const auto count = static_cast<u32>(std::min<size_t>(length, bytes.size() - done));
            std::memcpy(pointer, bytes.data() + done, count);
            done += count;
        }
        return done;
    }
};

class model_queue
{
  public:
    explicit model_queue(const virtio::virtqueue& q, bool event_index = true)
        : _size(q.size()), _event_index(event_index),
          _descriptors(mm::to_virtual<virtio::descriptor>(q.descriptor_area())),
          _available(mm::to_virtual<virtio::ring_header>(q.driver_area())),
          _used(mm::to_virtual<virtio::ring_header>(q.device_area()))
    {
    }

    bool has_work() const { return _available->index != _seen; }

    /// The next chain that the driver offered.
    std::optional<model_chain> next()
    {
        if (!has_work())
            return {};
        const u16 head = available_ring()[_seen++ % _size];
        if (_event_index)
            *available_event() = _seen;
        model_chain chain{head, {}, {}};
        collect(_descriptors, head, chain);
        return chain;
    }

    /// Finishes a chain; true if the driver wants an interrupt for it.
    bool finish(u32 head, u32 written)
    {
        const u16 before = _used->index;
        used_ring()[before % _size] = {head, written};
        _used->index = static_cast<u16>(before + 1);
        if (_event_index)
            return virtio::passes_event(used_event(), _used->index, before);
        return !(_available->flags & virtio::no_interrupt);
    }

    virtio::ring_header* used() { return _used; }
    virtio::used_element* used_ring() { return reinterpret_cast<virtio::used_element*>(_used + 1); }
    u16* available_event() { return reinterpret_cast<u16*>(used_ring() + _size); }

  private:
    u16* available_ring() { return reinterpret_cast<u16*>(_available + 1); }
    u16 used_event() { return available_ring()[_size]; }

    static void collect(const virtio::descriptor* table, u16 index, model_chain& chain)
    {
        for (;;) {
            const virtio::descriptor d = table[index];
            auto* data = mm::to_virtual<std::byte>(phys_addr{d.address});
            if (d.flags & virtio::descriptor_indirect) {
                collect(reinterpret_cast<const virtio::descriptor*>(data), 0, chain);
                return;
            }
            if (d.flags & virtio::descriptor_writable)
                chain.writable.emplace_back(data, d.length);
            else
                chain.readable.insert(chain.readable.end(), data, data + d.length);
            if (!(d.flags & virtio::descriptor_next))
                return;
            index = d.next;
        }
    }

    u16 _size;
    bool _event_index;
    u16 _seen = 0;
    virtio::descriptor* _descriptors;
    virtio::ring_header* _available;
    virtio::ring_header* _used;
};
