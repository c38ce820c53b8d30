// Requests to NETLINK_ROUTE as a program writes them, checked.
#pragma once

#include <optional>
#include <span>

#include "core/base/types.hh"
#include "linux/abi/netlink.hh"

namespace linux
{
struct netlink_request {
    nlmsghdr header;
    std::span<const std::byte> body; // behind the header

    bool is_dump() const { return (header.flags & nlm_f_dump) != 0; }
    /// The family that a dump is limited to; the first byte of every body.
    u8 family() const { return body.empty() ? u8{0} : static_cast<u8>(body.front()); }
    /// The body's structure, zeros where it is shorter.
    template <class T>
    T as() const;
};

/// Takes the first request off `bytes`. Nothing: what is left is no whole message, and is ignored, as Linux
/// does.
std::optional<netlink_request> next_request(std::span<const std::byte>& bytes);

/// The attribute of that type behind a body's structure of `offset` bytes; empty if there is none.
std::span<const std::byte> find_attribute(std::span<const std::byte> body, size_t offset, u16 type);

template <class T>
T netlink_request::as() const
{
    T value{};
    __builtin_memcpy(&value, body.data(), body.size() < sizeof(T) ? body.size() : sizeof(T));
    return value;
}
} // namespace linux
