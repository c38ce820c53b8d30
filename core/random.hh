// Randomness for the kernel and for getrandom(): ChaCha20 keyed from what the machine offers.
//
// Seeded before the program starts from RDRAND where the CPU has it, else virtio-rng, else timing jitter
// (with a log line). Drivers add more at any time; output never repeats and never blocks.
#pragma once

#include <cstddef>
#include <span>

#include "core/base/types.hh"

/// Mixes bytes of unknown quality into the key.
void random_add_entropy(std::span<const std::byte> bytes);

void random_fill(std::span<std::byte> bytes);

u64 random_u64();
