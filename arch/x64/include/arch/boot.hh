// What start-up (core/boot) asks of the CPU, in this order.
#pragma once

#include <span>

#include "core/base/result.hh"
#include "core/mm/frames.hh"

namespace arch
{
/// Memory that the frame allocator must leave alone.
std::span<const mm::memory_range> reserved_memory();

/// Where the kernel image was loaded.
phys_addr kernel_image_base();

/// Seeds core/random from RDRAND, or jitter with a log line.
void seed_random();

/// Local APIC, CPU numbers, vectors, interrupts between CPUs. After firmware discovery. Errors: enomem.
result<void> start_interrupts();

/// The boot CPU as a CPU of the scheduler. Errors: enomem.
result<void> prepare_scheduler();

/// Low memory that only firmware and start-up needed.
void release_boot_memory(std::span<const mm::memory_range> ram);
} // namespace arch
