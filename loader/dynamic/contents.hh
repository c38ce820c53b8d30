// The bytes of an object that its linking reads, by the addresses that the file itself uses (no bias).
//
// They are pieces of the file, in kernel memory on the machine and in a test's memory on the host. Everything
// in them is suspect: each access says how much it wants and gets nothing where that is not there whole.
#pragma once

#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/types.hh"

namespace linker
{
class contents
{
  public:
    static constexpr size_t max_pieces = 8;

    /// False: too many pieces.
    bool add(u64 address, std::span<const std::byte> bytes)
    {
        if (_count == max_pieces)
            return false;
        _pieces[_count++] = {address, bytes};
        return true;
    }

    /// All bytes from this address to the end of its piece.
    std::span<const std::byte> from(u64 address) const
    {
        for (const auto& p : std::span(_pieces).first(_count))
            if (address >= p.address && address - p.address < p.bytes.size())
                return p.bytes.subspan(address - p.address);
        return {};
    }

    /// `count` elements in place; nothing where they are not there whole or not aligned.
    template <class T>
    std::optional<std::span<const T>> array(u64 address, u64 count) const
    {
        if (count == 0)
            return std::span<const T>{};
        const auto bytes = from(address);
        if (count > bytes.size() / sizeof(T) || reinterpret_cast<uintptr_t>(bytes.data()) % alignof(T) != 0)
            return std::nullopt;
        return std::span(reinterpret_cast<const T*>(bytes.data()), count);
    }

    /// A copy of one structure, wherever it lies.
    template <class T>
    std::optional<T> get(u64 address) const
    {
        const auto bytes = from(address);
        if (bytes.size() < sizeof(T))
            return std::nullopt;
        T value;
        std::memcpy(&value, bytes.data(), sizeof value);
        return value;
    }

  private:
    struct piece {
        u64 address;
        std::span<const std::byte> bytes;
    };
    std::array<piece, max_pieces> _pieces{};
    size_t _count = 0;
};
} // namespace linker
