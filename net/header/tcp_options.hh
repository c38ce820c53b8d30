// TCP options: reading what came and writing what goes (RFC 9293 §3.1, 7323, 2018, 7413).
#pragma once

#include <optional>
#include <span>

#include "core/base/types.hh"

namespace net
{
struct tcp_options {
    struct sack_block {
        u32 left, right; // first sequence number, the one behind the last
    };
    struct timestamps {
        u32 value, echo;
    };

    static constexpr unsigned max_sack_blocks = 4;
    /// What the option costs, padding included; a segment has 40 bytes for all.
    static constexpr u32 timestamps_length = 12;
    static constexpr u32 largest = 40;

    // Blocks that are not there are neither cleared nor copied: each segment has options, few have blocks.
    tcp_options() {}
    tcp_options(const tcp_options& other) { *this = other; }
    // NOLINTNEXTLINE(bugprone-unhandled-self-assignment): nothing is owned
    tcp_options& operator=(const tcp_options& other)
    {
        max_segment = other.max_segment;
        window_scale = other.window_scale;
        sack_permitted = other.sack_permitted;
        timestamp = other.timestamp;
        damaged = other.damaged;
        sack_count = other.sack_count;
        for (unsigned i = 0; i < sack_count; i++)
            sack[i] = other.sack[i];
        return *this;
    }

    std::optional<u16> max_segment; // in a SYN only, as the next two
    std::optional<u8> window_scale;
    bool sack_permitted = false;
    std::optional<timestamps> timestamp;
    u8 sack_count = 0;
    sack_block sack[max_sack_blocks]; // the first sack_count

    /// Whether they are malformed: a length that is 0 or runs over the end. What stood before it was read.
    bool damaged = false;

    /// Options of unknown kind or wrong length are skipped (RFC 9293 MUST-6, MUST-7).
    static tcp_options parse(std::span<const std::byte> bytes);

    /// Bytes that write() will fill, a multiple of 4.
    u32 length() const;
    /// Returns the bytes written.
    u32 write(std::byte* to) const;
};
} // namespace net
