// A network packet: the unit that drivers and the network stack hand to each other.
//
// A packet has a linear head, where all headers lie, and slices of shared buffers behind it:
//
//     room | head (headers, small payloads) | slice 0 | slice 1 | ...
//
// prepend() and consume() move the head's beginning as the packet goes down or up the layers; nothing is
// copied. Head and slices lie in the direct map, so a device can reach every byte. A packet has one owner
// (packet_ptr) and is not locked; its buffers are counted, because a TCP segment that may have to be sent
// again shares them with the packets that carry it.
#pragma once

#include <span>
#include <utility>

#include "core/base/make_unique.hh"
#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "core/time/clock.hh"

class packet_charge;

/// Memory that packets share: one heap object, its bytes behind the header.
class packet_buffer
{
  public:
    /// Errors: enomem.
    static result<ref_ptr<packet_buffer>> create(u32 capacity);

    /// What fits into one page with the header: the size of receive buffers and of TCP's send chunks.
    static constexpr u32 page_capacity = page_size - 16;

    std::byte* data() { return reinterpret_cast<std::byte*>(this + 1); }
    u32 capacity() const { return _capacity; }
    bool shared() const { return _references.load(std::memory_order_acquire) != 1; }

    void add_ref() const { _references.fetch_add(1, std::memory_order_relaxed); }
    void release() const;

  private:
    explicit packet_buffer(u32 capacity) : _capacity(capacity) {}

    mutable std::atomic<u32> _references{1};
    u32 _capacity;
    [[maybe_unused]] u64 _unused = 0; // keeps data() aligned to 16
};
static_assert(sizeof(packet_buffer) == 16);

/// A piece of a buffer.
struct packet_slice {
    ref_ptr<packet_buffer> buffer;
    std::byte* data = nullptr;
    u32 length = 0;
};

/// What is known of the transport checksum.
enum class packet_checksum : u8 {
    unknown, // received: to be verified; to be sent: complete
    valid,   // received: verified, or never left this machine
    partial, // to be sent: the sum from transport_header() to the end goes to checksum_offset, where the
             // pseudo header's folded sum stands already (virtio's and most NICs' convention)
};

/// How the device (or the far end of a loopback) cuts the payload.
enum class packet_segmentation : u8 { none, tcp4, tcp6 };

class packet;
using packet_ptr = unique_ptr<packet>;

class packet
{
  public:
    /// The most slices: 64 KiB in pages that begin anywhere.
    static constexpr unsigned max_slices = 18;
    /// Room that every sender leaves for headers: device, Ethernet, IPv6, TCP with all options.
    static constexpr u32 header_room = 144;

    /// An empty packet with `room` bytes before the head and room for `head` bytes in it. Errors: enomem.
    static result<packet_ptr> create(u32 room, u32 head);
    /// A received packet whose head is a piece of a buffer. Errors: enomem.
    static result<packet_ptr> create(packet_slice head);
    ~packet()
    {
        discharge();
        if (_slices != _own_slices) [[unlikely]]
            delete[] _slices;
    }
    // Its room lies behind it, so it is larger than its type says.
    static void operator delete(void* memory) { ::operator delete(memory); }

    packet(const packet&) = delete;
    packet& operator=(const packet&) = delete;

    std::span<std::byte> head() { return {_head, _head_length}; }
    std::span<const std::byte> head() const { return {_head, _head_length}; }
    std::span<packet_slice> slices() { return {_slices, _slice_count}; }
    std::span<const packet_slice> slices() const { return {_slices, _slice_count}; }
    u32 length() const { return _length; }

    /// Moves the head's beginning `bytes` forward (a header was read) or back (one is to be written; it
    /// returns where). The bytes must be there.
    void consume(u32 bytes)
    {
        assert(bytes <= _head_length);
        _head += bytes;
        _head_length -= bytes;
        _length -= bytes;
    }
    std::byte* prepend(u32 bytes)
    {
        assert(bytes <= room());
        _head -= bytes;
        _head_length += bytes;
        _length += bytes;
        return _head;
    }
    u32 room() const { return static_cast<u32>(_head - _limit); }

    /// Adds bytes at the head's end, only while there are no slices and the head has room; returns where.
    std::byte* append(u32 bytes)
    {
        assert(bytes <= append_room());
        std::byte* at = _head + _head_length;
        _head_length += bytes;
        _length += bytes;
        return at;
    }
    u32 append_room() const { return _slice_count ? 0 : static_cast<u32>(_end - _head) - _head_length; }

    /// Adds a slice at the end. Errors: enomem, emsgsize (max_slices).
    result<void> append(packet_slice slice);

    /// Adds `length` bytes of another packet from `offset` on at the end: its buffers are shared, what lies
    /// in a head of its own is copied. Errors: as append(), einval (it is shorter).
    result<void> append_part(const packet& from, u32 offset, u32 length);

    /// Makes the first `bytes` lie in the head, copying from the slices if need be. Errors: einval (the
    /// packet is shorter), enomem.
    result<void> make_linear(u32 bytes);

    /// Cuts the end off.
    void truncate(u32 length)
    {
        if (length < _length) [[unlikely]]
            cut_off(_length - length);
    }

    /// Copies `to.size()` bytes from `offset` on; they must be there.
    void copy_to(u32 offset, std::span<std::byte> to) const;

    /// Memory that the packet holds, for limits of queues. It must not change while the packet is in one.
    u32 footprint() const { return _footprint; }

    /// Its memory counts as under way for a sender from now on, until discharge() or its end. `as`: for the
    /// same, if there is one.
    void charge_to(packet_charge& sender);
    void charge(const packet& as)
    {
        if (as._charge)
            charge_to(*as._charge);
    }
    void discharge()
    {
        if (_charge) [[unlikely]]
            give_back_charge();
    }

    // Where headers begin, for those that need them after they were consumed; null if unknown.
    std::byte* link_header = nullptr;
    std::byte* network_header = nullptr;
    std::byte* transport_header = nullptr;

    packet_checksum checksum = packet_checksum::unknown;
    u8 checksum_offset = 0; // from transport_header
    packet_segmentation segmentation = packet_segmentation::none;
    bool segments_carry_ecn = false; // CWR only in the first segment (RFC 3168)
    u16 segment_size = 0;            // payload bytes of each segment
    /// Received: how the link layer addressed it.
    enum class link_target : u8 { this_host, broadcast, multicast, other } target = link_target::this_host;
    /// The flow's hash where somebody computed it, for choosing a queue; 0: unknown.
    u32 flow_hash = 0;
    instant received_at{};

    /// Scratch memory of the layer that owns the packet now.
    template <class T>
    T& control()
    {
        static_assert(sizeof(T) <= control_bytes);
        static_assert(alignof(T) <= 8 && std::is_trivially_destructible_v<T>);
        return *reinterpret_cast<T*>(_control);
    }

  private:
    friend class packet_queue;
    static constexpr size_t control_bytes = 48;
    packet() = default;
    static u32 buffer_footprint(const packet_buffer& b) { return static_cast<u32>(sizeof b) + b.capacity(); }
    void cut_off(u32 surplus);
    void drop_from_slices(u32 bytes);
    result<void> move_head(u32 more);
    void give_back_charge();

    packet* _next = nullptr; // the queue's
    std::byte* _head = nullptr;
    std::byte* _limit = nullptr; // the first byte that prepend() may use
    std::byte* _end = nullptr;   // behind the last byte that append() may use
    u32 _head_length = 0;
    u32 _length = 0;
    u32 _footprint = 0;
    u8 _slice_count = 0;
    u8 _slice_capacity = 2;
    u32 _charged = 0;                    // bytes, while there is a charge
    packet_charge* _charge = nullptr;    // with a reference
    ref_ptr<packet_buffer> _head_buffer; // null: the head lies behind this object
    packet_slice* _slices = _own_slices;
    packet_slice _own_slices[2];
    alignas(8) std::byte _control[control_bytes];
};

/// Packets in order. Not locked.
class packet_queue
{
  public:
    packet_queue() = default;
    packet_queue(packet_queue&& other)
        : _first(std::exchange(other._first, nullptr)), _last(std::exchange(other._last, nullptr)),
          _count(std::exchange(other._count, 0)), _footprint(std::exchange(other._footprint, 0))
    {
    }
    packet_queue& operator=(packet_queue&& other)
    {
        std::swap(_first, other._first);
        std::swap(_last, other._last);
        std::swap(_count, other._count);
        std::swap(_footprint, other._footprint);
        return *this;
    }
    ~packet_queue()
    {
        if (_first) [[unlikely]]
            clear();
    }

    bool empty() const { return !_first; }
    u32 count() const { return _count; }
    u64 footprint() const { return _footprint; }
    packet* front() { return _first; }
    packet* back() { return _last; }
    void push(packet_ptr p)
    {
        packet* const added = p.release();
        added->_next = nullptr;
        _count++;
        _footprint += added->_footprint;
        (_last ? _last->_next : _first) = added;
        _last = added;
    }
    /// Null if empty.
    packet_ptr pop()
    {
        packet* const p = _first;
        if (!p)
            return {};
        _first = p->_next;
        if (!_first)
            _last = nullptr;
        _count--;
        _footprint -= p->_footprint;
        return packet_ptr(p);
    }
    /// The others come behind.
    void append(packet_queue&& other)
    {
        if (other.empty())
            return;
        (_last ? _last->_next : _first) = other._first;
        _last = std::exchange(other._last, nullptr);
        other._first = nullptr;
        _count += std::exchange(other._count, 0);
        _footprint += std::exchange(other._footprint, 0);
    }
    void clear();

  private:
    packet* _first = nullptr;
    packet* _last = nullptr;
    u32 _count = 0;
    u64 _footprint = 0;
};
