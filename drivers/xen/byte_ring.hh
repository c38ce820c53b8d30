// Two streams of bytes in one shared page, one each way: Xen's console and its store.
//
// Each side moves its own two indexes, which only grow; what lies between a pair of them is in the ring. The
// other side's are not believed: a distance that is larger than the ring ends the connection. Not locked.
//
// Source: Xen, public/io/console.h, public/io/xs_wire.h.
#pragma once

#include <algorithm>
#include <atomic>
#include <span>

#include "arch/cpu.hh"
#include "core/base/types.hh"

namespace xen
{
struct byte_ring {
    std::span<std::byte> bytes;
    u32* consumer;
    u32* producer;
};

/// The console's page: what comes in, then what goes out.
struct console_page {
    static constexpr size_t in_size = 1024, out_size = 2048;
    std::byte in[in_size], out[out_size];
    u32 in_consumer, in_producer, out_consumer, out_producer;

    byte_ring input() { return {in, &in_consumer, &in_producer}; }
    byte_ring output() { return {out, &out_consumer, &out_producer}; }
};

/// The store's: requests, then answers.
struct store_page {
    static constexpr size_t size = 1024;
    std::byte requests[size], answers[size];
    u32 request_consumer, request_producer, answer_consumer, answer_producer;

    byte_ring input() { return {answers, &answer_consumer, &answer_producer}; }
    byte_ring output() { return {requests, &request_consumer, &request_producer}; }
};

/// Our end of both streams.
class byte_line
{
  public:
    template <class Page>
    explicit byte_line(Page& page) : _input(page.input()), _output(page.output())
    {
        // What both sides wrote before we came counts.
        _consumed = load(_input.consumer);
        _produced = load(_output.producer);
    }

    /// The other side broke the rules; nothing moves any more.
    bool broken() const { return _broken; }

    /// Bytes that have arrived.
    size_t available() { return distance(load(_input.producer) - _consumed, _input); }
    /// Bytes that may be written.
    size_t room()
    {
        const u32 waiting = _produced - load(_output.consumer);
        return waiting > _output.bytes.size() ? distance(waiting, _output) : _output.bytes.size() - waiting;
    }
    /// Whether the other side took everything.
    bool drained() { return load(_output.consumer) == _produced; }

    /// How many bytes came; the other side is to be told if it may wait for room.
    size_t read(std::span<std::byte> to)
    {
        const size_t count = std::min(to.size(), available());
        for (size_t i = 0; i < count; i++)
            to[i] = _input.bytes[(_consumed + i) % _input.bytes.size()];
        _consumed += static_cast<u32>(count);
        std::atomic_ref(*_input.consumer).store(_consumed, std::memory_order_release);
        arch::device_fence(); // before the other side's indexes are looked at again
        return count;
    }

    /// How many bytes there was room for; the other side is to be told.
    size_t write(std::span<const std::byte> from)
    {
        const size_t count = std::min(from.size(), room());
        for (size_t i = 0; i < count; i++)
            _output.bytes[(_produced + i) % _output.bytes.size()] = from[i];
        _produced += static_cast<u32>(count);
        std::atomic_ref(*_output.producer).store(_produced, std::memory_order_release);
        arch::device_fence();
        return count;
    }

  private:
    static u32 load(u32* index) { return std::atomic_ref(*index).load(std::memory_order_acquire); }
    /// 0 and broken if it cannot be.
    size_t distance(u32 count, const byte_ring& ring)
    {
        if (count > ring.bytes.size())
            _broken = true;
        return _broken ? 0 : count;
    }

    const byte_ring _input, _output;
    u32 _consumed, _produced;
    bool _broken = false;
};
} // namespace xen
