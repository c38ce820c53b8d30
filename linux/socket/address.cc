#include "linux/socket/address.hh"

#include <algorithm>

namespace linux
{
result<void> socket_address::read(virt_addr from, s32 length)
{
    if (length < 0 || static_cast<size_t>(length) > sockaddr_storage_size)
        return fail(errc::einval);
    TRY(mm::copy_from_user(_bytes.data(), from, static_cast<size_t>(length)));
    _length = static_cast<u32>(length);
    return {};
}

result<void> socket_address::write(virt_addr to, mm::user_ptr<s32> length) const
{
    const s32 room = TRY(length.read());
    if (room < 0)
        return fail(errc::einval);
    TRY(mm::copy_to_user(to, _bytes.data(), std::min(static_cast<u32>(room), _length)));
    return length.write(static_cast<s32>(_length));
}
} // namespace linux
