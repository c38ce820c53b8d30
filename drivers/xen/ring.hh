// A front end's side of a ring of requests and answers in one shared page.
//
// Requests and answers lie in the same slots. Both sides only move their own counters, which grow for ever:
// we the requests', the back end the answers'. Ours are kept here, not read back; the back end's are not
// believed: more answers than requests end the connection. An answer is copied before it is looked at. Not
// locked.
//
// Source: Xen, public/io/ring.h.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "arch/cpu.hh"
#include "core/base/types.hh"

namespace xen
{
struct ring_header {
    u32 request_producer, request_event; // they want an event when so many requests are there
    u32 answer_producer, answer_event;
    u8 padding[48];
};
static_assert(sizeof(ring_header) == 64);

template <class Request, class Answer>
class front_ring
{
  public:
    static constexpr size_t slot_size = std::max(sizeof(Request), sizeof(Answer));
    static constexpr u32 size =
        std::bit_floor(static_cast<u32>((page_size - sizeof(ring_header)) / slot_size));

    /// Makes an empty ring of the page, before the back end knows of it.
    explicit front_ring(void* page) : _header(static_cast<ring_header*>(page))
    {
        memset(page, 0, page_size);
        _header->request_event = _header->answer_event = 1;
    }

    /// The back end broke the rules; no answer comes any more.
    bool broken() const { return _broken; }
    /// Requests without an answer.
    u32 in_flight() const { return _produced - _consumed; }
    u32 room() const { return size - in_flight(); }

    /// Needs room(). The other side sees it after publish().
    void add(const Request& r) { memcpy(slot(_produced++), &r, sizeof r); }

    /// True: the other side is to be told.
    bool publish()
    {
        const u32 before = std::exchange(_published, _produced);
        std::atomic_ref(_header->request_producer).store(_produced, std::memory_order_release);
        arch::device_fence(); // before its wish is looked at
        const u32 wanted = std::atomic_ref(_header->request_event).load(std::memory_order_acquire);
        return _produced - wanted < _produced - before;
    }

    /// The next answer. None: there is none now.
    std::optional<Answer> take()
    {
        const u32 there =
            std::atomic_ref(_header->answer_producer).load(std::memory_order_acquire) - _consumed;
        if (there > _published - _consumed)
            _broken = true;
        if (there == 0 || _broken)
            return std::nullopt;
        Answer a;
        memcpy(&a, slot(_consumed++), sizeof a);
        return a;
    }

    /// Asks for an event with the next answer. True: one has come meanwhile, so take() on.
    bool enable_events()
    {
        std::atomic_ref(_header->answer_event).store(_consumed + 1, std::memory_order_release);
        arch::device_fence();
        return !_broken &&
               std::atomic_ref(_header->answer_producer).load(std::memory_order_acquire) != _consumed;
    }

  private:
    std::byte* slot(u32 number)
    {
        return reinterpret_cast<std::byte*>(_header + 1) + (number % size) * slot_size;
    }

    ring_header* const _header;
    u32 _produced = 0;  // requests
    u32 _published = 0; // of them
    u32 _consumed = 0;  // answers
    bool _broken = false;
};
} // namespace xen
