// Several streams over one serial line: frames with a channel number, put together so that text between them
// stays text.
//
//     0xc0 | channel | payload, 1 to 256 bytes | 0xc0
//
// In channel and payload 0xc0 stands as 0xdb 0xdc and 0xdb as 0xdb 0xdd (SLIP, RFC 1055). Bytes outside of
// frames are log lines. docs/boot-protocol.md says what the channels carry.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "core/base/types.hh"

namespace serial
{
inline constexpr size_t largest_payload = 256;
inline constexpr size_t largest_frame = 2 * (largest_payload + 1) + 2;

/// Encodes one frame; returns its length.
size_t encode_frame(u8 channel, std::span<const std::byte> payload, std::span<std::byte, largest_frame> to);

/// A frame as it arrived.
struct frame {
    u8 channel;
    std::span<const std::byte> payload; // until the next byte is fed
};

/// Takes a line's bytes one by one and finds the frames; what is damaged or too long is dropped up to the
/// next 0xc0.
class frame_reader
{
  public:
    std::optional<frame> feed(u8 byte);

  private:
    enum class state : u8 { outside, inside, escaped, dropping };

    void store(u8 byte);

    state _state = state::outside;
    size_t _length = 0; // of channel and payload
    std::array<std::byte, largest_payload + 1> _bytes{};
};
} // namespace serial
