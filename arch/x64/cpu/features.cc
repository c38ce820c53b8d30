// CPUID and what follows from it. Source: Intel SDM volume 2 (CPUID), volume 1 chapter 13 (XSAVE).
#include "arch/x64/cpu/features.hh"
#include "arch/direct_entry.hh"

#include <cstring>

#include "arch/x64/cpu/descriptors.hh"
#include "arch/x64/cpu/percpu.hh"
#include "arch/x64/cpu/registers.hh"

extern "C" void syscall_entry();
extern "C" void direct_entry();

namespace arch
{
namespace
{
constinit cpu_features detected;

constexpr u64 cr0_mp = 1 << 1, cr0_em = 1 << 2, cr0_ts = 1 << 3, cr0_ne = 1 << 5, cr0_wp = 1 << 16;
constexpr u64 cr4_pge = 1 << 7, cr4_osfxsr = 1 << 9, cr4_osxmmexcpt = 1 << 10, cr4_fsgsbase = 1 << 16,
              cr4_osxsave = 1 << 18;
constexpr u64 efer_sce = 1, efer_nxe = 1 << 11;

// x87, SSE, AVX, AVX-512 (opmask, two halves of ZMM). Not MPX, PKRU or AMX: programs that want those must
// ask.
constexpr u64 wanted_components = 0x7 | 0xe0;

// IF, TF, DF, IOPL, NT, RF, AC are cleared on entry.
constexpr u64 syscall_flag_mask = 0x200 | 0x100 | 0x400 | 0x3000 | 0x4000 | 0x10000 | 0x40000;

void detect_extended_state()
{
    const auto components = cpuid(0xd, 0);
    detected.extended_components = ((u64{components.edx} << 32) | components.eax) & wanted_components;
    if ((detected.extended_components & 0xe0) != 0xe0)
        detected.extended_components &= ~u64{0xe0};
}

void detect_hypervisor()
{
    const auto leaf = cpuid(0x40000000);
    memcpy(detected.hypervisor_signature, &leaf.ebx, 4);
    memcpy(detected.hypervisor_signature + 4, &leaf.ecx, 4);
    memcpy(detected.hypervisor_signature + 8, &leaf.edx, 4);
}
} // namespace

constinit const cpu_features& features = detected;

void detect_features()
{
    const u32 highest = cpuid(0).eax;
    const auto one = cpuid(1);
    detected.xsave = one.ecx >> 26 & 1;
    detected.x2apic = one.ecx >> 21 & 1;
    detected.tsc_deadline = one.ecx >> 24 & 1;
    detected.rdrand = one.ecx >> 30 & 1;
    detected.hypervisor = one.ecx >> 31 & 1;
    if (highest >= 6)
        detected.arat = cpuid(6).eax >> 2 & 1;
    if (highest >= 7) {
        const auto seven = cpuid(7);
        detected.fsgsbase = seven.ebx & 1;
        detected.erms = seven.ebx >> 9 & 1;
    }
    const u32 highest_extended = cpuid(0x80000000).eax;
    const auto extended = cpuid(0x80000001);
    detected.gigabyte_pages = extended.edx >> 26 & 1;
    detected.rdtscp = extended.edx >> 27 & 1;
    if (highest_extended >= 0x80000007)
        detected.invariant_tsc = cpuid(0x80000007).edx >> 8 & 1;
    if (detected.xsave)
        detect_extended_state();
    if (detected.hypervisor)
        detect_hypervisor();
}

void enable_features()
{
    write_cr0((read_cr0() & ~(cr0_em | cr0_ts)) | cr0_mp | cr0_ne | cr0_wp);
    u64 cr4 = read_cr4() | cr4_pge | cr4_osfxsr | cr4_osxmmexcpt;
    if (detected.fsgsbase)
        cr4 |= cr4_fsgsbase;
    if (detected.xsave)
        cr4 |= cr4_osxsave;
    write_cr4(cr4);
    if (detected.xsave) {
        set_extended_control(0, detected.extended_components);
        detected.extended_state_size = cpuid(0xd, 0).ebx; // the same on every CPU
    }
    write_msr(msr::efer, read_msr(msr::efer) | efer_sce | efer_nxe);
    write_msr(msr::star, u64{kernel_code_selector} << 32);
    write_msr(msr::lstar, reinterpret_cast<u64>(&syscall_entry));
    write_msr(msr::syscall_mask, syscall_flag_mask);
    if (detected.rdtscp)
        write_msr(msr::tsc_aux, this_cpu().cpu_number);
}

virt_addr direct_entry()
{
    return virt_addr(reinterpret_cast<u64>(&::direct_entry));
}
} // namespace arch
