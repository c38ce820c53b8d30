// Answers of netlink: messages of a header, a structure and attributes, gathered into datagrams.
#pragma once

#include <cstring>
#include <span>
#include <string_view>

#include "core/base/make_unique.hh"
#include "core/base/result.hh"
#include "core/base/types.hh"
#include "linux/abi/netlink.hh"

namespace linux
{
/// One datagram for a program: several messages. What no longer fits, the message it belongs to included, is
/// not in it; finish() says so.
class netlink_writer
{
  public:
    static constexpr size_t size = 8192; // as Linux makes them at most for readers that say nothing else

    /// Errors: enomem.
    static result<netlink_writer> create() { return netlink_writer(TRY(try_make_unique<std::byte[]>(size))); }

    template <class T>
    void begin(const nlmsghdr& header, const T& body)
    {
        _message = _used;
        _overflow = false;
        add(&header, sizeof header);
        add(&body, sizeof body);
    }
    void attribute(u16 type, const void* value, size_t length)
    {
        const rtattr header{static_cast<u16>(sizeof header + length), type};
        add(&header, sizeof header);
        add(value, length);
    }
    template <class T>
    void attribute(u16 type, const T& value)
    {
        attribute(type, &value, sizeof value);
    }
    /// With its zero.
    void text(u16 type, std::string_view value)
    {
        char copy[32] = {};
        attribute(type, copy, value.copy(copy, sizeof copy - 1) + 1);
    }
    /// The message is whole. False: it did not fit and is gone.
    bool finish()
    {
        if (_overflow) {
            _used = _message;
            return false;
        }
        const auto length = static_cast<u32>(_used - _message);
        std::memcpy(_bytes.get() + _message, &length, sizeof length); // the header's first field
        return true;
    }

    std::span<const std::byte> bytes() const { return {_bytes.get(), _used}; }
    bool empty() const { return _used == 0; }
    void clear() { _used = 0; }

  private:
    explicit netlink_writer(unique_ptr<std::byte[]> bytes) : _bytes(std::move(bytes)) {}

    void add(const void* from, size_t length)
    {
        const size_t padded = align_up(length, 4);
        if (_overflow || padded > size - _used) {
            _overflow = true;
            return;
        }
        std::memcpy(_bytes.get() + _used, from, length);
        std::memset(_bytes.get() + _used + length, 0, padded - length);
        _used += padded;
    }

    unique_ptr<std::byte[]> _bytes;
    size_t _used = 0;
    size_t _message = 0; // where the present one begins
    bool _overflow = false;
};
} // namespace linux
