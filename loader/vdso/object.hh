// The vDSO as the application sees it: one data page, then the code, mapped into every address space.
#pragma once

#include "core/mm/address_space.hh"

namespace vdso
{
/// Maps [vvar] and [vdso] at a random place; returns where the code's ELF header is (AT_SYSINFO_EHDR).
result<virt_addr> map(mm::address_space& space);
} // namespace vdso
