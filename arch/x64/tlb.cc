// TLB shootdown; see arch/tlb.hh.
//
// An idle CPU and a flusher agree as in Dekker's algorithm. The CPU that goes idle reads the generation, says
// that it is idle, then looks whether a flush is under way, which may or may not have counted on it; if so it
// flushes by itself. The flusher raises the generation, then looks who is idle; the CPU that wakes says so,
// then compares the generation. With both steps locked instructions, either the flusher sees that the CPU is
// awake and interrupts it, or the CPU sees the new generation and flushes.
#include "arch/tlb.hh"

#include "arch/cpu.hh"
#include "arch/ipi.hh"
#include "arch/page_table.hh"
#include "core/base/assert.hh"

namespace arch
{
namespace
{
using cpu_words = std::atomic<u64>[sched::cpu_set::word_count];

constinit cpu_words idle_cpus = {};

/// What a CPU knows; only its own CPU uses it.
struct cpu_view {
    tlb_domain* loaded = nullptr;
    u64 seen = 0; // the domain's generation when the CPU went idle
};
constinit cpu_view views[sched::max_cpus] = {};

struct address_range {
    virt_addr start;
    virt_addr end;
};

/// From here on reloading everything is cheaper than page by page.
constexpr u64 single_page_limit = 32 * page_size;

u64 bit_of(unsigned cpu)
{
    return u64{1} << (cpu % 64);
}
u64 word_of(unsigned cpu)
{
    return cpu / 64;
}

void flush_local_range(void* argument)
{
    const auto& range = *static_cast<const address_range*>(argument);
    if (range.end - range.start > single_page_limit) {
        flush_local_all();
        return;
    }
    for (virt_addr page = range.start; page < range.end; page += page_size)
        flush_local_page(page);
}

} // namespace

void flush_local_page(virt_addr page)
{
    asm volatile("invlpg (%0)" ::"r"(page.value) : "memory");
}

void flush_local_all()
{
    u64 root;
    asm volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(root)::"memory");
}

void page_table::activate() const
{
    asm volatile("mov %0, %%cr3" ::"r"(_root.value) : "memory");
}

void tlb_domain::enter(unsigned cpu)
{
    if (views[cpu].loaded == this)
        return;
    views[cpu].loaded = this;
    _entries.fetch_add(1, std::memory_order_seq_cst);
    _cpu_count.fetch_add(1, std::memory_order_seq_cst);
    _cpus[word_of(cpu)].fetch_or(bit_of(cpu), std::memory_order_seq_cst);
}

void tlb_domain::leave(unsigned cpu)
{
    views[cpu].loaded = nullptr;
    _cpu_count.fetch_sub(1, std::memory_order_seq_cst);
    _cpus[word_of(cpu)].fetch_and(~bit_of(cpu), std::memory_order_seq_cst);
}

bool tlb_domain::only_here() const
{
    const unsigned count = _cpu_count.load(std::memory_order_seq_cst);
    return count == 0 || (count == 1 && views[current_cpu()].loaded == this);
}

void tlb_domain::flush(virt_addr start, virt_addr end)
{
    address_range range{start, end};
    flush_local_range(&range);
    _flushing.fetch_add(1, std::memory_order_seq_cst);
    _generation.fetch_add(1, std::memory_order_seq_cst);
    if (!only_here())
        flush_others(start, end);
    _flushing.fetch_sub(1, std::memory_order_seq_cst);
}

void tlb_domain::flush_others(virt_addr start, virt_addr end) const
{
    address_range range{start, end};
    sched::cpu_set targets;
    for (size_t i = 0; i < sched::cpu_set::word_count; i++)
        targets.set_word(i, _cpus[i].load(std::memory_order_seq_cst) &
                                ~idle_cpus[i].load(std::memory_order_seq_cst));
    targets.remove(current_cpu());
    if (!targets.empty())
        call_on_cpus(targets, flush_local_range, &range);
}

/// Idle CPUs too: their interrupt handlers run before they could compare a generation.
void flush_kernel_tlb(virt_addr start, virt_addr end)
{
    address_range range{start, end};
    flush_local_range(&range);
    call_on_cpus(sched::cpu_set::all(), flush_local_range, &range);
}

void tlb_enter_idle()
{
    const unsigned cpu = current_cpu();
    cpu_view& view = views[cpu];
    view.seen = view.loaded ? view.loaded->_generation.load(std::memory_order_seq_cst) : 0;
    idle_cpus[word_of(cpu)].fetch_or(bit_of(cpu), std::memory_order_seq_cst);
    // A flush that is under way may have raised the generation before it was read here, and find this CPU
    // idle only now: then nobody would tell it.
    if (view.loaded && view.loaded->_flushing.load(std::memory_order_seq_cst) != 0)
        flush_local_all();
}

void tlb_leave_idle()
{
    const unsigned cpu = current_cpu();
    const cpu_view& view = views[cpu];
    idle_cpus[word_of(cpu)].fetch_and(~bit_of(cpu), std::memory_order_seq_cst);
    if (view.loaded && view.seen != view.loaded->_generation.load(std::memory_order_seq_cst))
        flush_local_all();
}
} // namespace arch
