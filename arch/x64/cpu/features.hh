// What this CPU has, read once from CPUID on the boot CPU; and switching it on, on every CPU.
#pragma once

#include "core/base/types.hh"

namespace arch
{
struct cpu_features {
    bool xsave = false;
    bool fsgsbase = false;
    bool x2apic = false;
    bool tsc_deadline = false;
    bool rdrand = false;
    bool rdtscp = false;
    bool erms = false;
    bool gigabyte_pages = false;
    bool invariant_tsc = false;
    bool hypervisor = false;
    bool arat = false;                // the APIC timer runs in every idle state
    u64 extended_components = 0;      // XCR0 as we set it
    size_t extended_state_size = 512; // bytes of the XSAVE area for it
    char hypervisor_signature[13] = {};
};

/// Valid after detect_features().
extern const cpu_features& features;

void detect_features();

/// Control registers and MSRs of the calling CPU: SYSCALL, XSAVE, FSGSBASE, NX.
void enable_features();
} // namespace arch
