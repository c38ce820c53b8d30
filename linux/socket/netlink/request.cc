#include "linux/socket/netlink/request.hh"

#include <algorithm>
#include <cstring>

namespace linux
{
namespace
{
constexpr size_t alignment = 4; // of messages and attributes
}

std::optional<netlink_request> next_request(std::span<const std::byte>& bytes)
{
    nlmsghdr header;
    if (bytes.size() < sizeof header)
        return {};
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.length < sizeof header || header.length > bytes.size())
        return {};
    const netlink_request found{header, bytes.subspan(sizeof header, header.length - sizeof header)};
    bytes = bytes.subspan(std::min(align_up(static_cast<size_t>(header.length), alignment), bytes.size()));
    return found;
}

std::span<const std::byte> find_attribute(std::span<const std::byte> body, size_t offset, u16 type)
{
    offset = align_up(offset, alignment);
    if (offset > body.size())
        return {};
    auto left = body.subspan(offset);
    while (left.size() >= sizeof(rtattr)) {
        rtattr attribute;
        std::memcpy(&attribute, left.data(), sizeof attribute);
        if (attribute.length < sizeof attribute || attribute.length > left.size())
            return {};
        constexpr u16 type_mask = 0x3fff; // without the flags of nesting and byte order
        if ((attribute.type & type_mask) == type)
            return left.subspan(sizeof attribute, attribute.length - sizeof attribute);
        left = left.subspan(std::min(align_up(size_t{attribute.length}, alignment), left.size()));
    }
    return {};
}
} // namespace linux
