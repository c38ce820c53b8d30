#include <algorithm>
#include <array>
#include <cstring>

#include "core/log.hh"
#include "fs/erofs/layout.hh"

namespace erofs
{
namespace
{
constexpr auto crc32c_table = [] {
    constexpr u32 polynomial = 0x82f63b78; // reflected
    std::array<u32, 256> table{};
    for (u32 i = 0; i < 256; i++) {
        u32 crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
        table[i] = crc;
    }
    return table;
}();

u32 crc32c(u32 crc, std::span<const std::byte> bytes)
{
    for (const auto b : bytes)
        crc = crc >> 8 ^ crc32c_table[static_cast<u8>(crc) ^ static_cast<u8>(b)];
    return crc;
}

/// Over the rest of the superblock's block, with the checksum field taken as 0.
result<bool> checksum_is_right(medium& from, const super_block& sb)
{
    super_block first = sb;
    first.checksum = 0;
    u32 crc = crc32c(~u32{0}, std::as_bytes(std::span(&first, 1)));
    constexpr u64 rest = super_block_offset + sizeof(super_block);
    if (const auto image = from.bytes(); !image.empty())
        return crc32c(crc, image.subspan(rest, block_size - rest)) == sb.checksum;
    std::array<std::byte, 256> piece;
    for (u64 at = rest; at < block_size; at += piece.size()) {
        const auto part = std::span(piece).first(std::min<u64>(piece.size(), block_size - at));
        TRY(from.read(at, part));
        crc = crc32c(crc, part);
    }
    return crc == sb.checksum;
}

result<void> refuse_features(u32 unknown)
{
    struct feature {
        u32 bit;
        const char* name;
    };
    static constexpr feature names[] = {
        {2, "big compressed clusters"},
        {8, "several devices"},
        {0x10, "tail packing of compressed files"},
        {0x20, "fragments"},
        {0x40, "attribute prefixes"},
    };
    for (const auto& f : names)
        if (unknown & f.bit)
            klog::line("erofs: the image needs a feature that is not supported: {}", f.name);
    if (unknown & ~u32{0x7a})
        klog::line("erofs: the image needs features that are not supported: bits {x}", unknown & ~u32{0x7a});
    return fail(errc::eopnotsupp);
}
} // namespace

result<geometry> read_super_block(medium& from)
{
    if (from.size() < block_size)
        return fail(errc::einval);
    super_block sb;
    if (const auto got = from.read(super_block_offset, std::as_writable_bytes(std::span(&sb, 1))); !got) {
        klog::line("erofs: the superblock cannot be read, error {}", got.error());
        return fail(got.error());
    }
    if (sb.magic != magic)
        return fail(errc::einval);
    if (sb.block_size_bits != block_shift) {
        klog::line("erofs: the image has blocks of 2^{} bytes; only 4096 are supported", sb.block_size_bits);
        return fail(errc::eopnotsupp);
    }
    if (const u32 unknown = sb.incompatible_features & ~incompatible_feature::supported)
        TRY(refuse_features(unknown));
    if ((sb.compatible_features & compatible_feature::checksum) && !TRY(checksum_is_right(from, sb))) {
        klog::line("erofs: damaged image: the superblock's checksum is wrong");
        return fail(errc::eio);
    }
    const geometry g{
        .image_size = from.size(),
        .meta_offset = u64{sb.meta_block} << block_shift,
        .root_node = sb.root_node,
        .inode_count = sb.inode_count,
        .build_time = {static_cast<s64>(sb.build_time), sb.build_time_nanoseconds},
    };
    const u64 claimed = u64{sb.blocks} << block_shift;
    if (claimed > from.size()) {
        klog::line("erofs: damaged image: it should have {} bytes and has {}", claimed, from.size());
        return fail(errc::eio);
    }
    const auto root = inode_layout::read(from, g, g.root_node);
    if (!root || root.value().type() != vfs::file_type::directory) {
        klog::line("erofs: damaged image: there is no root directory where the superblock says");
        return fail(errc::eio);
    }
    return g;
}
} // namespace erofs
