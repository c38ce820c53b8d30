// Frames that were taken out of page tables and wait for the TLBs to forget them.
//
// While only this CPU can have seen the address space, frames of memory may go back to the allocator before
// the flush: the CPU itself uses none of its stale translations until then. Frames of page tables, and
// everything while other CPUs may still write through old translations, wait.
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
        if (entry.owned())
            keep({entry.frame(), entry.large() ? large_page_order : 0});
    }

    /// Translations to forget without a frame to free.
    void note(virt_addr at, u64 bytes)
    {
        _low = std::min(_low, at);
        _high = std::max(_high, at + bytes);
    }

    /// The CPU caches what tables say even while nobody uses it: these frames always wait for the flush.
    void add_table(phys_addr table, virt_addr start, virt_addr end)
    {
        note(start, end - start);
        keep({table, 0});
        _has_tables = true;
    }

    /// Waits until no CPU has a translation of what was added, then frees it.
    void flush()
    {
        if (_low < _high)
            _tlb.flush(_low, _high);
        _low = virt_addr(~u64{0});
        _high = virt_addr(0);
        release();
    }

  private:
    void keep(frame_block block)
    {
        if (_count == _blocks.size()) [[unlikely]] {
            // The slots were emptied by locked instructions before this: a CPU that enters later finds them
            // empty.
            if (_alone && !_has_tables && _tlb.entries() == _entries_seen)
                release();
            else
                flush();
        }
        _blocks[_count++] = block;
    }

    void release()
    {
        free_blocks({_blocks.data(), _count});
        _count = 0;
        _has_tables = false;
    }

    arch::tlb_domain& _tlb;
    u64 _entries_seen;
    bool _alone;
    bool _has_tables = false;
    virt_addr _low{~u64{0}};
    virt_addr _high{0};
    size_t _count = 0;
    std::array<frame_block, 128> _blocks;
};
} // namespace mm
