// A disk as file systems see it: sectors of 512 bytes, read, written and flushed.
//
// Drivers implement it and register by block_devices::add(); file systems find it there. Buffers are kernel
// memory of the direct map or kernel areas, physically scattered where they must be (the driver translates
// page by page).
#pragma once

#include <span>
#include <string_view>

#include "core/base/result.hh"
#include "core/base/types.hh"
#include "core/device/registry.hh"

class block_device : public registered<block_device>
{
  public:
    static constexpr size_t sector_size = 512;

    virtual ~block_device() = default;

    /// Linux's name for it: "vda".
    virtual std::string_view name() const = 0;
    virtual u64 sector_count() const = 0;
    virtual bool read_only() const = 0;

    /// Transfers whole sectors and returns when the device has done it; thread context. Errors: eio, einval
    /// (range), erofs (a write to a read-only device).
    virtual result<void> read(u64 first_sector, std::span<std::byte> buffer) = 0;
    virtual result<void> write(u64 first_sector, std::span<const std::byte> buffer) = 0;

    /// The same with several pieces of memory one after the other, each of whole sectors: one request where
    /// the device can.
    virtual result<void> read_pieces(u64 first_sector, std::span<const std::span<std::byte>> pieces);
    virtual result<void> write_pieces(u64 first_sector, std::span<const std::span<const std::byte>> pieces);

    /// Returns when everything written before is on the medium.
    virtual result<void> flush() = 0;
};

namespace block_devices
{
/// Makes a device known for the machine's lifetime.
void add(block_device& device);

/// The n-th device in order of registration, or null.
block_device* nth(size_t n);
} // namespace block_devices
