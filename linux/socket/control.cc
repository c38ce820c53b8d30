#include "linux/socket/control.hh"

#include <algorithm>

namespace linux
{
result<ancillary_message> control_reader::next()
{
    cmsghdr header;
    std::memcpy(&header, _left.data(), sizeof header);
    if (header.length < sizeof header || header.length > _left.size())
        return fail(errc::einval);
    const ancillary_message found{header.level, header.type,
                                  _left.subspan(sizeof header, header.length - sizeof header)};
    _left = _left.subspan(std::min(align_up(static_cast<size_t>(header.length), sizeof(u64)), _left.size()));
    return found;
}

void control_writer::put(s32 level, s32 type, std::span<const std::byte> data)
{
    const auto left = _room.subspan(_used);
    if (left.size() < sizeof(cmsghdr)) {
        _truncated = true;
        return;
    }
    const size_t fits = std::min(data.size(), room_for_data());
    if (fits < data.size())
        _truncated = true;
    const cmsghdr header{sizeof header + fits, level, type};
    std::memcpy(left.data(), &header, sizeof header);
    std::copy_n(data.begin(), fits, left.begin() + sizeof header);
    const size_t end = std::min(align_up(sizeof header + fits, sizeof(u64)), left.size());
    std::fill(left.begin() + static_cast<ptrdiff_t>(sizeof header + fits),
              left.begin() + static_cast<ptrdiff_t>(end), std::byte{0});
    _used += end;
}
} // namespace linux
