// The words of IDENTIFY DEVICE; see identify.hh.
#include "drivers/ata/identify.hh"

#include "core/device/bytes.hh"

namespace ata
{
namespace
{
namespace word
{
constexpr size_t general = 0, capabilities = 49, small_capacity = 60, queue_depth = 75, serial_ata = 76,
                 commands_supported = 83, commands_enabled = 85, commands_enabled_2 = 86, capacity = 100,
                 sector_size = 106, sector_words = 117;
}

constexpr u16 not_ata = 1u << 15;
constexpr u16 has_dma = 1u << 8, has_sector_numbers = 1u << 9;
constexpr u16 has_tags = 1u << 8;          // of word 76
constexpr u16 has_wide_numbers = 1u << 10; // of words 83 and 86
constexpr u16 cache_on = 1u << 5;          // of word 85
constexpr u16 validity_mask = 3u << 14, valid = 1u << 14;
constexpr u16 long_sectors = 1u << 12; // of word 106
constexpr u32 words_of_512_bytes = 256;
constexpr u64 most_small = 0x0fff'ffff, most_wide = 0xffff'ffff'ffff;
} // namespace

result<identity> parse_identity(std::span<const std::byte, identity_size> data)
{
    const byte_view bytes = data;
    const auto word16 = [&](size_t n) { return load<u16>(bytes, 2 * n); };
    if ((word16(word::general) & not_ata) || !(word16(word::capabilities) & has_dma) ||
        !(word16(word::capabilities) & has_sector_numbers))
        return fail(errc::enodev);
    const u16 sector_size = word16(word::sector_size);
    if ((sector_size & validity_mask) == valid && (sector_size & long_sectors) &&
        load<u32>(bytes, 2 * word::sector_words) != words_of_512_bytes)
        return fail(errc::einval);
    identity found;
    const u16 supported = word16(word::commands_supported);
    found.wide_numbers = (supported & validity_mask) == valid && (supported & has_wide_numbers) &&
                         (word16(word::commands_enabled_2) & has_wide_numbers);
    found.sectors = found.wide_numbers ? load<u64>(bytes, 2 * word::capacity)
                                       : load<u32>(bytes, 2 * word::small_capacity);
    if (found.sectors == 0 || found.sectors > (found.wide_numbers ? most_wide : most_small))
        return fail(errc::einval);
    found.write_cache = word16(word::commands_enabled) & cache_on;
    const u16 serial = word16(word::serial_ata);
    if (serial != 0 && serial != 0xffff && (serial & has_tags))
        found.queue_depth = static_cast<u8>((word16(word::queue_depth) & 0x1f) + 1);
    return found;
}
} // namespace ata
