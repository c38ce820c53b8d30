// What an ATA disk says of itself: 512 bytes, of which nothing is believed that makes no sense.
//
// Source: ATA8-ACS §7.16 (IDENTIFY DEVICE).
#pragma once

#include <span>

#include "core/base/result.hh"
#include "core/base/types.hh"

namespace ata
{
struct identity {
    u64 sectors = 0;           // of 512 bytes
    bool wide_numbers = false; // 48-bit sector numbers (else 28)
    bool write_cache = false;  // what was written may be lost without a flush
    u8 queue_depth = 1;        // of commands that carry a tag; 1: it knows none
    bool queued() const { return queue_depth > 1; }
};

inline constexpr size_t identity_size = 512;

/// Errors: enodev (no disk that moves data by DMA), einval (sectors of another size, or none).
result<identity> parse_identity(std::span<const std::byte, identity_size> data);
} // namespace ata
