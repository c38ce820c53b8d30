// See tcp_options.hh.
#include "net/header/tcp_options.hh"

#include <algorithm>
#include <cstring>

#include "net/header/big_endian.hh"

namespace net
{
namespace
{
enum kind : u8 {
    end = 0,
    no_operation = 1,
    max_segment = 2,
    window_scale = 3,
    sack_permitted = 4,
    sack = 5,
    timestamps = 8
};

u32 load32(const std::byte* p)
{
    be32 value;
    std::memcpy(&value, p, sizeof value);
    return value;
}
u16 load16(const std::byte* p)
{
    be16 value;
    std::memcpy(&value, p, sizeof value);
    return value;
}

/// Writes numbers one behind the other.
class writer
{
  public:
    explicit writer(std::byte* to) : _begin(to), _to(to) {}

    template <class... Bytes>
    void bytes(Bytes... values)
    {
        ((*_to++ = static_cast<std::byte>(values)), ...);
    }
    template <class T>
    void number(T value)
    {
        const big_endian<T> wire = value;
        std::memcpy(_to, &wire, sizeof wire);
        _to += sizeof wire;
    }
    u32 written() const { return static_cast<u32>(_to - _begin); }

  private:
    std::byte* const _begin;
    std::byte* _to;
};

void read_option(tcp_options& o, u8 k, const std::byte* data, u32 length)
{
    if (k == max_segment && length == 2) {
        o.max_segment = load16(data);
    } else if (k == window_scale && length == 1) {
        o.window_scale = static_cast<u8>(data[0]);
    } else if (k == sack_permitted && length == 0) {
        o.sack_permitted = true;
    } else if (k == timestamps && length == 8) {
        o.timestamp = tcp_options::timestamps{load32(data), load32(data + 4)};
    } else if (k == sack && length % 8 == 0) {
        o.sack_count = static_cast<u8>(std::min(length / 8, tcp_options::max_sack_blocks));
        for (size_t i = 0; i < o.sack_count; i++)
            o.sack[i] = {load32(data + 8 * i), load32(data + 8 * i + 4)};
    }
}
} // namespace

tcp_options tcp_options::parse(std::span<const std::byte> bytes)
{
    tcp_options o;
    const std::byte* p = bytes.data();
    size_t left = bytes.size();
    // What every segment of an established connection carries, in the order that everybody writes it.
    if (left == timestamps_length && load32(p) == 0x0101'080a) {
        o.timestamp = timestamps{load32(p + 4), load32(p + 8)};
        return o;
    }
    while (left > 0) {
        const auto k = static_cast<u8>(*p);
        if (k == end)
            break;
        if (k == no_operation) {
            p++;
            left--;
            continue;
        }
        const u32 length = left < 2 ? 0 : static_cast<u8>(p[1]);
        if (length < 2 || length > left) {
            o.damaged = true;
            break;
        }
        read_option(o, k, p + 2, length - 2);
        p += length;
        left -= length;
    }
    return o;
}

u32 tcp_options::length() const
{
    u32 bytes = 0;
    if (max_segment)
        bytes += 4;
    if (window_scale)
        bytes += 4;
    if (sack_permitted && !timestamp)
        bytes += 4;
    if (timestamp)
        bytes += timestamps_length;
    if (sack_count)
        bytes += 4 + 8u * sack_count;
    return bytes;
}

u32 tcp_options::write(std::byte* to) const
{
    writer w(to);
    if (max_segment) {
        w.bytes(kind::max_segment, 4);
        w.number<u16>(*max_segment);
    }
    if (timestamp) { // SACK-permitted goes into its padding
        if (sack_permitted)
            w.bytes(kind::sack_permitted, 2);
        else
            w.bytes(no_operation, no_operation);
        w.bytes(kind::timestamps, 10);
        w.number<u32>(timestamp->value);
        w.number<u32>(timestamp->echo);
    } else if (sack_permitted) {
        w.bytes(no_operation, no_operation, kind::sack_permitted, 2);
    }
    if (window_scale) {
        w.bytes(no_operation, kind::window_scale, 3, *window_scale);
    }
    if (sack_count) {
        w.bytes(no_operation, no_operation, kind::sack, 2 + 8 * sack_count);
        for (unsigned i = 0; i < sack_count; i++) {
            w.number<u32>(sack[i].left);
            w.number<u32>(sack[i].right);
        }
    }
    return w.written();
}
} // namespace net
