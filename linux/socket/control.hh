// Control messages (cmsg(3)): what a program sends beside its data, and what it gets.
//
//     | cmsghdr | data | padding to 8 | cmsghdr | data | ...
//
// Both sides work on kernel memory; the calls copy it in and out, once.
#pragma once

#include <cstring>
#include <span>

#include "core/base/result.hh"
#include "core/base/types.hh"
#include "linux/abi/socket.hh"

namespace linux
{
struct ancillary_message {
    s32 level = 0;
    s32 type = 0;
    std::span<const std::byte> data;

    template <class T>
    result<T> as() const
    {
        T value;
        if (data.size() != sizeof value)
            return fail(errc::einval);
        std::memcpy(&value, data.data(), sizeof value);
        return value;
    }
};

/// Walks over what a program sent.
class control_reader
{
  public:
    explicit control_reader(std::span<const std::byte> bytes) : _left(bytes) {}

    /// Whether another one follows; trailing bytes too few for a header are ignored, as by CMSG_NXTHDR.
    bool more() const { return _left.size() >= sizeof(cmsghdr); }
    /// Errors: einval (a length that is shorter than its header or longer than what is there).
    result<ancillary_message> next();

  private:
    std::span<const std::byte> _left;
};

/// Fills what a program gave for control data. What does not fit is cut and leaves `truncated`.
class control_writer
{
  public:
    control_writer() = default;
    explicit control_writer(std::span<std::byte> room) : _room(room) {}

    void put(s32 level, s32 type, std::span<const std::byte> data);
    template <class T>
    void put(s32 level, s32 type, const T& value)
    {
        put(level, type, std::as_bytes(std::span(&value, 1)));
    }

    /// How many bytes of data the next message may have.
    size_t room_for_data() const
    {
        const size_t left = _room.size() - _used;
        return left > sizeof(cmsghdr) ? left - sizeof(cmsghdr) : 0;
    }
    size_t used() const { return _used; }
    std::span<const std::byte> bytes() const { return _room.first(_used); }
    bool truncated() const { return _truncated; }
    void set_truncated() { _truncated = true; }

  private:
    std::span<std::byte> _room;
    size_t _used = 0;
    bool _truncated = false;
};

/// More than all that one received message can bring along.
inline constexpr size_t most_received_control = 1536;
} // namespace linux
