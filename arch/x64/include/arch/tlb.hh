// TLB shootdown: telling the other CPUs to forget translations before the frames behind them are used again.
//
// Each address space has a tlb_domain: the CPUs that may hold its translations, and a generation that every
// change raises. An idle CPU says so and is left in peace; when it wakes it compares generations and flushes
// by itself. Flushing waits for other CPUs: thread context, interrupts on, no spinlock held.
#pragma once

#include <atomic>

#include "core/base/types.hh"
#include "core/sched/affinity.hh"

namespace arch
{
class tlb_domain
{
  public:
    constexpr tlb_domain() = default;
    tlb_domain(const tlb_domain&) = delete;
    tlb_domain& operator=(const tlb_domain&) = delete;

    /// This CPU is about to load the space's page tables; interrupts off. Its TLB has nothing of the space
    /// yet.
    void enter(unsigned cpu);
    /// This CPU has loaded other tables.
    void leave(unsigned cpu);

    /// Makes all CPUs forget [start, end); returns when they have.
    void flush(virt_addr start, virt_addr end);

    /// Whether no CPU but this one can hold a translation.
    bool only_here() const;
    /// How often a CPU entered; unchanged means that the answer of only_here() still holds.
    u64 entries() const { return _entries.load(std::memory_order_seq_cst); }

  private:
    void flush_others(virt_addr start, virt_addr end) const;

    friend void tlb_enter_idle();
    friend void tlb_leave_idle();
    std::atomic<u64> _generation{0};
    std::atomic<u32> _flushing{0}; // flushes that have begun and not ended
    std::atomic<u64> _entries{0};
    std::atomic<unsigned> _cpu_count{0};
    std::atomic<u64> _cpus[sched::cpu_set::word_count] = {}; // may hold translations
};

/// The idle loop, interrupts off, before it halts and after it wakes (before anything touches the lower
/// half).
void tlb_enter_idle();
void tlb_leave_idle();

/// Makes every CPU forget [start, end) of the kernel's half.
void flush_kernel_tlb(virt_addr start, virt_addr end);

/// Forgets one page, or everything of the lower half, on this CPU.
void flush_local_page(virt_addr page);
void flush_local_all();
} // namespace arch
