// Model-specific and control registers, ports, CPUID. Source: Intel SDM volumes 2 to 4.
#pragma once

#include "core/base/types.hh"

namespace arch
{
enum class msr : u32 {
    apic_base = 0x1b,
    tsc_deadline = 0x6e0,
    efer = 0xc0000080,
    star = 0xc0000081,
    lstar = 0xc0000082,
    syscall_mask = 0xc0000084,
    fs_base = 0xc0000100,
    gs_base = 0xc0000101,
    tsc_aux = 0xc0000103,
};

inline u64 read_msr(msr index)
{
    u32 low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(static_cast<u32>(index)));
    return (u64{high} << 32) | low;
}
inline void write_msr(msr index, u64 value)
{
    asm volatile("wrmsr" ::"c"(static_cast<u32>(index)), "a"(static_cast<u32>(value)),
                 "d"(static_cast<u32>(value >> 32))
                 : "memory");
}
inline u32 x2apic_read(u32 index)
{
    u32 low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
    return low;
}
inline void x2apic_write(u32 index, u64 value)
{
    asm volatile("wrmsr" ::"c"(index), "a"(static_cast<u32>(value)), "d"(static_cast<u32>(value >> 32))
                 : "memory");
}

struct cpuid_result {
    u32 eax, ebx, ecx, edx;
};
inline cpuid_result cpuid(u32 leaf, u32 subleaf = 0)
{
    cpuid_result r;
    asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
    return r;
}

inline u64 read_cr2()
{
    u64 v;
    asm volatile("movq %%cr2, %0" : "=r"(v));
    return v;
}
inline u64 read_cr3()
{
    u64 v;
    asm volatile("movq %%cr3, %0" : "=r"(v));
    return v;
}
inline void write_cr3(u64 v)
{
    asm volatile("movq %0, %%cr3" ::"r"(v) : "memory");
}
inline u64 read_cr4()
{
    u64 v;
    asm volatile("movq %%cr4, %0" : "=r"(v));
    return v;
}
inline void write_cr4(u64 v)
{
    asm volatile("movq %0, %%cr4" ::"r"(v) : "memory");
}
inline u64 read_cr0()
{
    u64 v;
    asm volatile("movq %%cr0, %0" : "=r"(v));
    return v;
}
inline void write_cr0(u64 v)
{
    asm volatile("movq %0, %%cr0" ::"r"(v) : "memory");
}

inline void set_extended_control(u32 index, u64 value)
{
    asm volatile("xsetbv" ::"c"(index), "a"(static_cast<u32>(value)), "d"(static_cast<u32>(value >> 32)));
}
} // namespace arch
