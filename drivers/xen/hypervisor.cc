// See hypervisor.hh.
#include "drivers/xen/hypervisor.hh"

#include "arch/cpu.hh"
#include "arch/xen.hh"
#include "core/mm/frames.hh"
#include "core/mm/layout.hh"

namespace xen
{
namespace
{
constinit shared_info* the_shared_info = nullptr;
}

result<void> prepare()
{
    TRY(arch::xen::prepare_calls());
    const phys_addr frame = TRY(mm::allocate_frames());
    TRY(map_page(map_space::shared_info, 0, frame));
    the_shared_info = mm::to_virtual<shared_info>(frame);
    return {};
}

shared_info& shared()
{
    return *the_shared_info;
}

result<u64> read_parameter(parameter p)
{
    hvm_parameter request{.index = static_cast<u32>(p), .value = 0};
    TRY(arch::xen::call(hypercall::hvm, hvm_operation::get_parameter, arch::xen::argument(&request)));
    return request.value;
}

result<void> write_parameter(parameter p, u64 value)
{
    hvm_parameter request{.index = static_cast<u32>(p), .value = value};
    TRY(arch::xen::call(hypercall::hvm, hvm_operation::set_parameter, arch::xen::argument(&request)));
    return {};
}

result<void> map_page(u32 space, u64 index, phys_addr frame)
{
    add_to_physmap request{.space = space, .index = index, .frame = frame.value >> page_shift};
    TRY(arch::xen::call(hypercall::memory, memory_operation::add_to_physmap, arch::xen::argument(&request)));
    return {};
}

void yield_cpu()
{
    (void)arch::xen::call(hypercall::scheduling, scheduling_operation::yield);
}

void shut_down(shutdown_reason why)
{
    arch::irq_disable();
    u32 reason = static_cast<u32>(why);
    for (;;)
        (void)arch::xen::call(hypercall::scheduling, scheduling_operation::shut_down,
                              arch::xen::argument(&reason));
}
} // namespace xen
