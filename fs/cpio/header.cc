#include "fs/cpio/header.hh"

#include <cstring>
#include <string_view>

namespace cpio
{
namespace
{
constexpr std::string_view magic = "070701", magic_with_checksum = "070702";
constexpr size_t digits = 8;

std::optional<u32> parse_hexadecimal(const char* text)
{
    u32 value = 0;
    for (size_t i = 0; i < digits; i++) {
        const char c = text[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0)
            return std::nullopt;
        value = value << 4 | static_cast<u32>(digit);
    }
    return value;
}
} // namespace

std::optional<header> header::parse(std::span<const std::byte, header_size> bytes)
{
    const char* const text = reinterpret_cast<const char*>(bytes.data());
    const std::string_view start(text, magic.size());
    if (start != magic && start != magic_with_checksum)
        return std::nullopt;
    header h;
    u32 checksum = 0; // covers the data in the second variant only; not verified
    u32* const fields[] = {&h.inode,         &h.mode,      &h.user,         &h.group,        &h.links,
                           &h.modified,      &h.size,      &h.device_major, &h.device_minor, &h.special_major,
                           &h.special_minor, &h.name_size, &checksum};
    const char* at = text + magic.size();
    for (u32* field : fields) {
        const auto value = parse_hexadecimal(at);
        if (!value)
            return std::nullopt;
        *field = *value;
        at += digits;
    }
    return h;
}
} // namespace cpio
