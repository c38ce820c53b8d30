// The Internet checksum (RFC 1071): the ones' complement of the ones' complement sum of 16-bit words.
//
// Sums are made of words as they lie in memory, so no byte is ever swapped: a sum of bytes that begin at an
// even offset, folded, is what goes into the packet. A sum in progress is a u64 that cannot overflow by
// adding u32s to it.
#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <tuple>

#include "core/base/types.hh"

class packet;

namespace net
{
/// Adds bytes to a sum. They begin at an even offset of what is summed; an odd last byte is padded with 0.
u64 sum_bytes(u64 sum, std::span<const std::byte> bytes);

/// The sum of a header of a fixed size, a multiple of 4.
template <size_t Bytes>
inline u64 sum_header(const std::byte* header)
{
    static_assert(Bytes % 4 == 0 && Bytes <= 64);
    std::array<u32, Bytes / 4> words;
    std::memcpy(words.data(), header, Bytes);
    return std::apply([](auto... word) { return (u64{word} + ...); }, words);
}

/// Adds `length` bytes of a packet from `offset` on, which must be there.
u64 sum_packet(u64 sum, const packet& p, u32 offset, u32 length);

constexpr u16 fold(u64 sum)
{
    // Halves added to each other, crosswise: the carry of the lower addition comes into the upper one.
    const auto half = static_cast<u32>((sum + std::rotl(sum, 32)) >> 32);
    return static_cast<u16>((half + std::rotl(half, 16)) >> 16);
}

/// A checksum field of a header.
class checksum_field
{
  public:
    /// Completes a sum over everything the checksum covers, this field being zero.
    void complete(u64 sum) { store(static_cast<u16>(~fold(sum))); }
    /// The same for UDP, where 0 means "none" (RFC 768).
    void complete_nonzero(u64 sum)
    {
        store(fold(sum) == 0xffff ? u16{0xffff} : static_cast<u16>(~fold(sum)));
    }
    /// The pseudo header's sum, for the device to go on with (packet_checksum::partial).
    void begin(u64 pseudo_header) { store(fold(pseudo_header)); }
    void clear() { store(0); }
    bool is_zero() const { return _bytes[0] == 0 && _bytes[1] == 0; }

  private:
    void store(u16 raw)
    {
        _bytes[0] = static_cast<u8>(raw);
        _bytes[1] = static_cast<u8>(raw >> 8);
    }
    std::array<u8, 2> _bytes{};
};

/// Whether a sum that includes the checksum says that the bytes are intact.
constexpr bool sum_is_valid(u64 sum)
{
    return fold(sum) == 0xffff;
}
} // namespace net
