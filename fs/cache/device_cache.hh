// A part of a disk through the page cache: what file systems read their metadata from.
#pragma once

#include "core/device/block_device.hh"
#include "fs/cache/cached_object.hh"

namespace cache
{
class device_cache final : public cached_object
{
  public:
    /// Bytes [first, first + length) of the device; `first` is a multiple of the sector size.
    device_cache(block_device& device, u64 first, u64 length)
        : _device(device), _first(first), _length(length)
    {
    }
    ~device_cache() override { forget_all(); }

    u64 size() const override { return _length; }
    size_t describe(char* buffer, size_t length) const override;
    block_device& device() const { return _device; }

    /// Copies through the cache. Errors: eio.
    result<void> read_bytes(u64 offset, std::span<std::byte> to);
    /// Past the cache; offset and size are multiples of the sector size. Errors: eio.
    result<void> read_uncached(u64 offset, std::span<std::byte> to);

  private:
    result<void> read_pages(u64 first_index, std::span<std::byte> pages) override;

    block_device& _device;
    const u64 _first;
    const u64 _length;
};
} // namespace cache
