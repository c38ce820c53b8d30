// Frames that were taken out of page tables and wait for the TLBs to forget them.
//
// While only this CPU can have seen the address space, frames of memory go back to the allocator at once: the
// CPU itself uses none of its stale translations before the flush at the end. Frames of page tables, and
// everything while other CPUs may still write through old translations, wait for the flush.
#pragma once

#include <algorithm>
#include <array>

#include "arch/page_table.hh"
#include "arch/tlb.hh"
#include "core/mm/frames.hh"

namespace mm
{
class frame_batch
{
  public:
    explicit frame_batch(arch::tlb_domain& tlb)
        : _tlb(tlb), _entries_seen(tlb.entries()), _alone(tlb.only_here())
    {
    }
    frame_batch(const frame_batch&) = delete;
    frame_batch& operator=(const frame_batch&) = delete;
    ~frame_batch() { flush(); }

    /// An entry was taken out of its slot at `at`.
    void add(virt_addr at, size_t bytes, arch::page_entry entry)
    {
        note(at, bytes);
        if (!entry.owned())
            return;
        const unsigned order = entry.large() ? large_page_order : 0;
        // The slot was emptied by a locked instruction before this: a CPU that enters later finds it empty.
        if (_alone && _tlb.entries() == _entries_seen)
            free_frames(entry.frame(), order);
        else
            keep(entry.frame(), order);
    }

    /// Translations to forget without a frame to free.
    void note(virt_addr at, u64 bytes)
    {
        _low = std::min(_low, at);
        _high = std::max(_high, at + bytes);
    }

    void add_table(phys_addr table, virt_addr start, virt_addr end)
    {
        note(start, end - start);
        keep(table, 0);
    }

    /// Waits until no CPU has a translation of what was added, then frees it.
    void flush()
    {
        if (_low < _high)
            _tlb.flush(_low, _high);
        for (size_t i = 0; i < _count; i++)
            free_frames(phys_addr(_frames[i] & ~u64{page_mask}),
                        static_cast<unsigned>(_frames[i] & page_mask));
        _count = 0;
        _low = virt_addr(~u64{0});
        _high = virt_addr(0);
    }

  private:
    void keep(phys_addr frame, unsigned order)
    {
        if (_count == _frames.size())
            flush();
        _frames[_count++] = frame.value | order;
    }

    arch::tlb_domain& _tlb;
    u64 _entries_seen;
    bool _alone;
    virt_addr _low{~u64{0}};
    virt_addr _high{0};
    size_t _count = 0;
    std::array<u64, 128> _frames; // address | order
};
} // namespace mm
