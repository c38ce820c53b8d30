// Bytes that come one after the other: an archive in memory, or what a decompressor makes of one.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>

#include "core/base/result.hh"
#include "core/base/types.hh"

namespace decompress
{
class byte_source
{
  public:
    /// Fills `to` as far as there are bytes; fewer than to.size() only at the end. Errors: eio for damaged
    /// input.
    virtual result<size_t> read(std::span<std::byte> to) = 0;

  protected:
    ~byte_source() = default;
};

class memory_source final : public byte_source
{
  public:
    explicit memory_source(std::span<const std::byte> bytes) : _left(bytes) {}

    result<size_t> read(std::span<std::byte> to) override
    {
        const size_t count = std::min(to.size(), _left.size());
        std::memcpy(to.data(), _left.data(), count);
        _left = _left.subspan(count);
        return count;
    }

  private:
    std::span<const std::byte> _left;
};
} // namespace decompress
