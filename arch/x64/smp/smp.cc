// Starting the other CPUs. Each gets a block, trap stacks and an idle thread, then INIT and STARTUP; it comes
// up beside the program's start and joins the scheduler by itself.
//
// The CPUs are started one after the other by a kernel thread, because they share the trampoline page.
#include "arch/smp.hh"

#include <algorithm>
#include <cstring>

#include "arch/interrupts.hh"
#include "arch/x64/apic/local_apic.hh"
#include "arch/x64/boot/boot_memory.hh"
#include "arch/x64/cpu/features.hh"
#include "arch/x64/cpu/registers.hh"
#include "arch/x64/smp/cpu_table.hh"
#include "arch/x64/smp/ipi_handlers.hh"
#include "arch/x64/time/timer_hardware.hh"
#include "core/base/make_unique.hh"
#include "core/device/firmware.hh"
#include "core/log.hh"
#include "core/mm/frames.hh"
#include "core/mm/kernel_page_tables.hh"
#include "core/mm/layout.hh"
#include "core/sched/cpu.hh"
#include "core/sched/thread.hh"

extern "C" const char trampoline_begin[], trampoline_end[], trampoline_arguments[];

namespace arch
{
constinit unsigned known_cpus = 1;

namespace
{
constinit std::array<std::atomic<percpu*>, sched::max_cpus> blocks{};
constinit std::array<u32, sched::max_cpus> apic_ids{};

struct trampoline_argument {
    u64 page_table_root, block, stack;
};

/// Page tables for the trampoline: the kernel's half, and the first 2 MiB at their own addresses.
class trampoline_tables
{
  public:
    result<void> build()
    {
        for (auto& f : _frames)
            f = TRY(mm::allocate_frames(0, mm::zeroing::zeroed));
        auto* root = mm::to_virtual<u64>(_frames[0]);
        memcpy(root, mm::to_virtual(mm::kernel_page_table_root()), page_size);
        root[0] = _frames[1].value | 3;
        mm::to_virtual<u64>(_frames[1])[0] = _frames[2].value | 3;
        mm::to_virtual<u64>(_frames[2])[0] = 0x83; // 2 MiB, present, writable
        return {};
    }
    phys_addr root() const { return _frames[0]; }

  private:
    phys_addr _frames[3];
};

result<percpu*> create_block(unsigned number)
{
    auto block = TRY(try_make_unique<percpu>());
    block->self = block.get();
    block->cpu_number = number;
    block->apic_id = apic_ids[number];
    block->stack_protector = initial_percpu.stack_protector;
    for (unsigned i = 0; i < trap_stack_count; i++) {
        auto stack = TRY(try_make_unique<std::byte[]>(trap_stack_size));
        block->tss.ist[i] = reinterpret_cast<u64>(stack.release()) + trap_stack_size;
    }
    TRY(sched::cpu::create(number, *block));
    return block.release();
}

bool wait_until_up(unsigned number, milliseconds patience)
{
    const auto deadline = timekeeping::now() + patience;
    while (!blocks[number].load(std::memory_order_acquire)) {
        if (timekeeping::now() > deadline)
            return false;
        static_cast<void>(sched::sleep_until(timekeeping::now() + microseconds(50), false));
    }
    return true;
}

void start_cpu(unsigned number, percpu& block, void* page, phys_addr page_address, phys_addr root)
{
    auto* arguments = reinterpret_cast<trampoline_argument*>(static_cast<char*>(page) +
                                                             (trampoline_arguments - trampoline_begin));
    *arguments = {.page_table_root = root.value,
                  .block = reinterpret_cast<u64>(&block),
                  .stack = block.scheduler_cpu->idle_thread().context().stack_top()};
    const auto startup_page = static_cast<u8>(page_address.value >> page_shift);
    local_apic::send_init(block.apic_id);
    // The SDM asks for 10 ms after INIT, which CPUs since 2000 do not need; hypervisors never did.
    local_apic::send_startup(block.apic_id, startup_page);
    if (wait_until_up(number, milliseconds(20)))
        return;
    local_apic::send_startup(block.apic_id, startup_page);
    if (!wait_until_up(number, milliseconds(1000)))
        klog::line("CPU {} (APIC id {}) does not start; going on without it", number, block.apic_id);
}

result<void> start_all()
{
    const phys_addr page_address = boot_memory::trampoline_page();
    void* page = mm::to_virtual(page_address);
    memcpy(page, trampoline_begin, static_cast<size_t>(trampoline_end - trampoline_begin));
    trampoline_tables tables;
    TRY(tables.build());
    for (unsigned n = 1; n < known_cpus; n++)
        start_cpu(n, *TRY(create_block(n)), page, page_address, tables.root());
    return {};
}

void starter_thread(void*)
{
    if (const auto r = start_all(); !r)
        klog::line("not enough memory to start all CPUs");
}
} // namespace

percpu* percpu_of(unsigned cpu)
{
    return blocks[cpu].load(std::memory_order_acquire);
}
u32 apic_id_of(unsigned cpu)
{
    return apic_ids[cpu];
}

void number_cpus()
{
    const u32 mine = local_apic::id();
    initial_percpu.apic_id = mine;
    apic_ids[0] = mine;
    for (const auto& c : firmware::this_machine().cpus)
        if (c.enabled && c.apic_id != mine && known_cpus < sched::max_cpus)
            apic_ids[known_cpus++] = c.apic_id;
}

void start_boot_cpu()
{
    blocks[0].store(&initial_percpu, std::memory_order_release);
}

result<void> start_other_cpus()
{
    if (known_cpus == 1)
        return {};
    TRY(sched::thread::create("cpu-start", starter_thread, nullptr))->start();
    return {};
}

void wait_for_interrupt_handlers()
{
    sched::cpu_set others;
    for (unsigned n = 0; n < known_cpus; n++)
        if (percpu_of(n))
            others.add(n);
    call_on_cpus(
        others, [](void*) {}, nullptr);
}

extern "C" [[noreturn]] void other_cpu_main(percpu* block)
{
    load_percpu(*block);
    load_interrupt_table();
    enable_features();
    write_cr3(mm::kernel_page_table_root().value);
    local_apic::enable();
    timer_hardware::start_on_this_cpu();
    blocks[block->cpu_number].store(block, std::memory_order_release);
    block->scheduler_cpu->join();
    block->scheduler_cpu->run_idle_thread();
}
} // namespace arch
