// What an EROFS image lies in: RAM (a boot module, used in place) or a disk (through the page cache).
#pragma once

#include <span>

#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "core/base/types.hh"

namespace erofs
{
class medium : public ref_counted<medium>
{
  public:
    virtual ~medium() = default;

    /// Bytes of the image.
    virtual u64 size() const = 0;
    /// Fills `to` from `offset`. Errors: eio, also beyond the end.
    virtual result<void> read(u64 offset, std::span<std::byte> to) = 0;
    /// The same for file data in whole pages, which the caller keeps itself: nothing else is kept of it.
    virtual result<void> read_data(u64 offset, std::span<std::byte> to) { return read(offset, to); }
    /// The whole image, if it is in kernel memory; else empty.
    virtual std::span<const std::byte> bytes() const { return {}; }
    /// For /proc/mounts.
    virtual std::string_view name() const = 0;
};

/// An image in the direct map that stays there for ever.
class memory_medium final : public medium
{
  public:
    explicit memory_medium(std::span<const std::byte> image) : _image(image) {}

    u64 size() const override { return _image.size(); }
    result<void> read(u64 offset, std::span<std::byte> to) override;
    std::span<const std::byte> bytes() const override { return _image; }
    std::string_view name() const override { return "ram"; }

  private:
    const std::span<const std::byte> _image;
};
} // namespace erofs
