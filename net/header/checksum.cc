// Summing with 64-bit additions; see checksum.hh.
#include "net/header/checksum.hh"

#include <bit>
#include <cstring>

#include "core/device/packet.hh"

namespace net
{
namespace
{
/// Ones' complement addition: the carry comes in again.
inline u64 add(u64 a, u64 b)
{
    u64 sum;
    return __builtin_add_overflow(a, b, &sum) ? sum + 1 : sum;
}

template <class Word>
Word word_at(const std::byte* p)
{
    Word w;
    std::memcpy(&w, p, sizeof w);
    return w;
}
} // namespace

u64 sum_bytes(u64 sum, std::span<const std::byte> bytes)
{
    const std::byte* p = bytes.data();
    size_t left = bytes.size();
    u64 other = 0; // two chains of additions, which a CPU does side by side
    for (; left >= 32; left -= 32, p += 32) {
        sum = add(sum, word_at<u64>(p));
        other = add(other, word_at<u64>(p + 8));
        sum = add(sum, word_at<u64>(p + 16));
        other = add(other, word_at<u64>(p + 24));
    }
    sum = add(sum, other);
    for (; left >= 8; left -= 8, p += 8)
        sum = add(sum, word_at<u64>(p));
    if (left > 0) {
        u64 rest = 0;
        std::memcpy(&rest, p, left);
        sum = add(sum, rest);
    }
    return (sum & 0xffff'ffff) + (sum >> 32); // leaves room for plain additions
}

u64 sum_packet(u64 sum, const packet& p, u32 offset, u32 length)
{
    bool odd = false;
    auto add_piece = [&](const std::byte* data, u32 size) {
        if (offset >= size) {
            offset -= size;
            return;
        }
        const u32 piece = length < size - offset ? length : size - offset;
        const u64 part = sum_bytes(0, {data + offset, piece});
        // At an odd offset every byte lies in the other half of its word.
        sum += odd ? __builtin_bswap16(fold(part)) : part;
        odd ^= piece & 1;
        length -= piece;
        offset = 0;
    };
    add_piece(p.head().data(), static_cast<u32>(p.head().size()));
    for (const packet_slice& s : p.slices()) {
        if (length == 0)
            break;
        add_piece(s.data, s.length);
    }
    return sum;
}
} // namespace net
