// What a trap or interrupt means, once entry.S has stored the frame: page faults, faults of the application,
// interrupts, and the kernel's own bugs.
//
// application_trap() runs with the frame at the top of the thread's kernel stack and may sleep; kernel_trap()
// runs in the middle of kernel code, and only a page fault in a user copy may sleep there.
#include "arch/application_trap.hh"

#include <array>
#include <initializer_list>

#include "arch/interrupts.hh"
#include "arch/user_copy.hh"
#include "arch/x64/cpu/percpu.hh"
#include "arch/x64/cpu/registers.hh"
#include "arch/x64/trap/fixup.hh"
#include "arch/x64/trap/panic.hh"
#include "arch/x64/trap/vectors.hh"
#include "core/mm/address_space.hh"
#include "core/mm/layout.hh"
#include "core/sched/thread.hh"

extern "C" const char idle_halt[]; // the instruction, in entry.S

namespace arch
{
namespace
{
constinit application_trap_handler application_handler = nullptr;

constexpr u64 page_fault_write = 1 << 1, page_fault_fetch = 1 << 4;

mm::access access_of(u64 error_code)
{
    if (error_code & page_fault_fetch)
        return mm::access::execute;
    return error_code & page_fault_write ? mm::access::write : mm::access::read;
}

/// Serves a fault of the running thread like any access of its application; may sleep.
mm::fault_result serve(mm::address_space& space, u64 address, u64 error_code)
{
    return space.fault(virt_addr(address), access_of(error_code));
}

bool is_application_address(u64 address)
{
    return static_cast<s64>(address) >= 0;
}

void give_to_application(trap_frame& frame, u64 address, mm::fault_result why)
{
    if (!application_handler)
        fatal_trap(frame, "a trap from application code before there is a program");
    application_handler(frame, address, why);
}

/// HLT stops the CPU instead of faulting, since the application runs in ring 0; the end of glibc's abort is a
/// loop of it: HLT and a jump back, and every interrupt finds the thread between the two. Nothing less is
/// proof: the byte before may end another instruction, and a thread that waits in a loop, or whose interrupts
/// come faster than it runs, is found twice in one place with the same registers.
bool halts_for_ever(const trap_frame& frame)
{
    constexpr std::array<u8, 3> loop = {0xf4, 0xeb, 0xfd};
    std::array<u8, 3> code{};
    const no_fault_scope no_fault;
    return copy_user(code.data(), reinterpret_cast<const void*>(frame.rip - 1), code.size()) == 0 &&
           code == loop;
}

void application_interrupt(trap_frame& frame)
{
    this_cpu().interrupted_application = true;
    handle_interrupt(static_cast<u8>(frame.vector));
    this_cpu().interrupted_application = false;
    if (!halts_for_ever(frame))
        return;
    frame.vector = vector::general_protection; // as in ring 3
    frame.error_code = 0;
    irq_enable();
    give_to_application(frame, 0, mm::fault_result::map_error);
    irq_disable();
}

void application_page_fault(trap_frame& frame)
{
    const u64 address = read_cr2();
    irq_enable();
    auto outcome = mm::fault_result::map_error;
    if (is_application_address(address))
        outcome = serve(*sched::current().address_space(), address, frame.error_code);
    if (outcome != mm::fault_result::handled)
        give_to_application(frame, address, outcome);
    irq_disable();
}

/// A fault of the kernel on application memory: served as the application's own would be, or ended by its
/// fix-up.
bool serve_user_copy_fault(trap_frame& frame, u64 address)
{
    const u64 fixup = find_fixup(frame.rip);
    if (fixup == 0)
        return false;
    auto* space = sched::current().address_space();
    if (is_application_address(address) && space && this_cpu().no_fault_depth == 0 &&
        (frame.rflags & rflags_if)) {
        irq_enable();
        const auto outcome = serve(*space, address, frame.error_code);
        irq_disable();
        if (outcome == mm::fault_result::handled)
            return true;
    }
    frame.rip = fixup;
    return true;
}
} // namespace

void set_application_trap_handler(application_trap_handler handler)
{
    application_handler = handler;
}

extern "C" void application_trap(trap_frame& frame)
{
    if (frame.vector == vector::page_fault)
        return application_page_fault(frame);
    if (frame.vector >= vector::first_interrupt)
        return application_interrupt(frame);
    irq_enable();
    give_to_application(frame, 0, mm::fault_result::map_error);
    irq_disable();
}

extern "C" void kernel_trap(trap_frame& frame)
{
    if (frame.vector >= vector::first_interrupt) {
        constexpr u64 halt_length = 1;
        if (frame.rip == reinterpret_cast<u64>(idle_halt))
            frame.rip += halt_length;
        return handle_interrupt(static_cast<u8>(frame.vector));
    }
    if (frame.vector == vector::page_fault) {
        const u64 address = read_cr2();
        if (serve_user_copy_fault(frame, address))
            return;
        fatal_page_fault(frame, address);
    }
    // A non-canonical address in a user copy, or reserved bits in a restored vector state.
    if (const u64 fixup = find_fixup(frame.rip)) {
        frame.rip = fixup;
        return;
    }
    fatal_trap(frame, nullptr);
}

extern "C" void wild_jump(trap_frame& frame)
{
    const u64 address = frame.vector == vector::page_fault ? read_cr2() : 0;
    irq_enable();
    give_to_application(frame, address, mm::fault_result::map_error);
    irq_disable();
}

extern "C" void isolated_trap_handler(trap_frame& frame)
{
    if (frame.vector == vector::debug) // a breakpoint register that the program has set by itself
        return;
    if (frame.vector == vector::nmi)
        return handle_nmi(frame);
    fatal_trap(frame, nullptr);
}

extern "C" void kernel_stack_overflow(const trap_frame& frame)
{
    fatal_trap(frame, "kernel stack overflow");
}
} // namespace arch

namespace arch
{
no_fault_scope::no_fault_scope()
{
    this_cpu().no_fault_depth++;
}
no_fault_scope::~no_fault_scope()
{
    this_cpu().no_fault_depth--;
}
} // namespace arch
