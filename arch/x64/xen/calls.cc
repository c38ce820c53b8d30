// The hypercall instruction, which is the CPU vendor's; see arch/xen.hh.
#include <cstring>
#include <string_view>

#include "arch/x64/cpu/features.hh"
#include "arch/x64/cpu/registers.hh"
#include "arch/x64/xen/leaves.hh"
#include "arch/xen.hh"
#include "core/mm/frames.hh"
#include "core/mm/layout.hh"

namespace arch::xen
{
namespace
{
constinit bool is_amd_call = false;
constexpr u8 amd_call[] = {0x0f, 0x01, 0xd9}; // vmmcall; Intel's is vmcall
constexpr s64 greatest_error = 4095;
} // namespace

/// Xen stands behind another hypervisor's leaves where it imitates that one, too.
u32 first_leaf()
{
    constexpr std::string_view own = "XenVMMXenVMM", imitated = "Microsoft Hv";
    constexpr u32 first = 0x40000000, last = 0x40010000, step = 0x100;
    const std::string_view outermost = features.hypervisor ? features.hypervisor_signature : "";
    if (outermost == own)
        return first;
    if (outermost != imitated)
        return 0;
    for (u32 leaf = first + step; leaf < last; leaf += step) {
        const auto r = cpuid(leaf);
        const u32 signature[] = {r.ebx, r.ecx, r.edx};
        if (memcmp(signature, own.data(), own.size()) == 0)
            return leaf;
    }
    return 0;
}

u64 tsc_frequency()
{
    const u32 leaf = first_leaf();
    return leaf ? u64{cpuid(leaf + 3).ecx} * 1000 : 0; // in kHz
}

bool is_domain()
{
    return first_leaf() != 0;
}

/// Xen writes a page of little functions; the one for call 0 shows which instruction it understands here.
result<void> prepare_calls()
{
    const phys_addr page = TRY(mm::allocate_frames(0, mm::zeroing::zeroed));
    write_msr(static_cast<msr>(cpuid(first_leaf() + 2).ebx), page.value);
    const auto* code = mm::to_virtual<const u8>(page);
    for (unsigned at = 0; at + sizeof amd_call < 32; at++)
        is_amd_call |= memcmp(code + at, amd_call, sizeof amd_call) == 0;
    mm::free_frames(page);
    return {};
}

result<u64> call(unsigned number, u64 first, u64 second, u64 third)
{
    s64 outcome = number;
    if (is_amd_call)
        asm volatile("vmmcall" : "+a"(outcome), "+D"(first), "+S"(second), "+d"(third)::"memory");
    else
        asm volatile("vmcall" : "+a"(outcome), "+D"(first), "+S"(second), "+d"(third)::"memory");
    if (outcome < 0 && outcome >= -greatest_error)
        return fail(static_cast<errc>(-outcome));
    return static_cast<u64>(outcome);
}
} // namespace arch::xen
