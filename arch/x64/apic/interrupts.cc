// The vectors and who is called for them. Vectors are the same on all CPUs; 192 are there for devices.
#include "arch/interrupts.hh"

#include <array>
#include <atomic>

#include "arch/application_trap.hh"
#include "arch/x64/apic/fixed_vectors.hh"
#include "arch/x64/apic/local_apic.hh"
#include "arch/x64/smp/cpu_table.hh"
#include "arch/x64/trap/vectors.hh"
#include "core/sync/spinlock.hh"

namespace arch
{
namespace
{
struct entry {
    std::atomic<interrupt_handler> handler{nullptr};
    void* argument = nullptr; // set before the handler, so who sees the handler sees it
};

constinit spinlock allocation_lock{lock_rank::device};
constinit std::array<entry, 256> entries{};
} // namespace

result<u8> allocate_vector(interrupt_handler handler, void* argument, unsigned)
{
    lock_guard guard{allocation_lock};
    for (unsigned v = vector::first_device; v <= vector::last_device; v++) {
        if (entries[v].handler.load(std::memory_order_relaxed))
            continue;
        entries[v].argument = argument;
        entries[v].handler.store(handler, std::memory_order_release);
        return static_cast<u8>(v);
    }
    return fail(errc::enospc);
}

void free_vector(u8 vector)
{
    entries[vector].handler.store(nullptr, std::memory_order_release);
    wait_for_interrupt_handlers();
}

void set_fixed_handler(u8 vector, interrupt_handler handler, void* argument)
{
    entries[vector].argument = argument;
    entries[vector].handler.store(handler);
}

void handle_interrupt(u8 vector)
{
    if (vector == vector::spurious)
        return; // not acknowledged: SDM 10.9
    if (const auto handler = entries[vector].handler.load(std::memory_order_acquire))
        handler(entries[vector].argument);
    local_apic::end_of_interrupt();
}

msi_message make_msi_message(u8 vector, unsigned cpu)
{
    return {.address = 0xfee00000 | u64{apic_id_of(cpu) & 0xff} << 12, .data = vector};
}
} // namespace arch
