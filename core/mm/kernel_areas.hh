// Kernel virtual addresses outside the direct map: device registers and kernel stacks with a guard page.
//
// Thread context (unmapping waits for other CPUs' TLBs); spinlock of rank kernel_areas inside.
#pragma once

#include "core/base/result.hh"
#include "core/base/types.hh"

namespace mm
{
enum class caching : u8 { write_back, uncached };

/// A kernel mapping of `size` bytes at `start`, which need not be page aligned. Errors: enomem.
result<void*> map_device(phys_addr start, size_t size, caching how = caching::uncached);

/// Ends a mapping made by map_device().
void unmap_device(void* pointer, size_t size);

/// A stack of arch::kernel_stack_size bytes; its lowest byte is returned. The page below is not mapped. Comes
/// from a cache where possible and is not zeroed. Errors: enomem.
result<void*> allocate_kernel_stack();
void free_kernel_stack(void* lowest);
} // namespace mm
