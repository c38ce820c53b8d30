// Getting memory back: caches register here and are asked when the frame allocator runs dry.
//
// A reclaimer is called in thread context with interrupts on and with whatever sleeping locks the allocating
// thread happens to hold: it may take spinlocks, may try_lock() sleeping locks, may call
// memory_object::unmap_everywhere, and must neither allocate nor wait for a device.
#pragma once

#include "core/base/types.hh"

namespace mm
{
class reclaimer
{
  public:
    constexpr reclaimer() = default;
    reclaimer(const reclaimer&) = delete;
    reclaimer& operator=(const reclaimer&) = delete;

    /// Frees clean, unused pages, about `wanted` of them; returns how many frames it gave back.
    virtual size_t reclaim(size_t wanted) = 0;

    /// Told, from any context and at most once per shortage, that memory runs low: start writing dirty pages.
    virtual void memory_low() {}

    /// The registry's: set once, by register_reclaimer().
    reclaimer* next_registered = nullptr;

  protected:
    ~reclaimer() = default;
};

/// For ever: reclaimers are global objects.
void register_reclaimer(reclaimer& r);

/// Asks the reclaimers in turn until `wanted` frames came back. Returns how many did.
size_t reclaim_frames(size_t wanted);

/// Tells the reclaimers that memory runs low.
void kick_reclaimers();
} // namespace mm
