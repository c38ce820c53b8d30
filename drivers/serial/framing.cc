// Encoding and decoding of frames; see framing.hh.
#include "drivers/serial/framing.hh"

namespace serial
{
namespace
{
constexpr u8 end = 0xc0, escape = 0xdb, escaped_end = 0xdc, escaped_escape = 0xdd;
}

size_t encode_frame(u8 channel, std::span<const std::byte> payload, std::span<std::byte, largest_frame> to)
{
    size_t length = 0;
    const auto put = [&](u8 byte) { to[length++] = std::byte{byte}; };
    const auto put_escaped = [&](u8 byte) {
        if (byte == end || byte == escape) {
            put(escape);
            put(byte == end ? escaped_end : escaped_escape);
        } else {
            put(byte);
        }
    };
    put(end);
    put_escaped(channel);
    for (std::byte b : payload)
        put_escaped(static_cast<u8>(b));
    put(end);
    return length;
}

void frame_reader::store(u8 byte)
{
    if (_length < _bytes.size()) {
        _bytes[_length++] = std::byte{byte};
        _state = state::inside;
    } else {
        _state = state::dropping;
    }
}

std::optional<frame> frame_reader::feed(u8 byte)
{
    if (byte == end) {
        // Ends a frame and may begin the next one: two ends in a row enclose nothing.
        const bool whole = _state == state::inside && _length >= 2;
        const size_t length = _length;
        _state = whole ? state::outside : state::inside;
        _length = 0;
        if (!whole)
            return {};
        return frame{static_cast<u8>(_bytes[0]), std::span<const std::byte>(_bytes).subspan(1, length - 1)};
    }
    switch (_state) {
    case state::outside:
    case state::dropping:
        break;
    case state::inside:
        if (byte == escape)
            _state = state::escaped;
        else
            store(byte);
        break;
    case state::escaped:
        if (byte == escaped_end || byte == escaped_escape)
            store(byte == escaped_end ? end : escape);
        else
            _state = state::dropping;
        break;
    }
    return {};
}
} // namespace serial
