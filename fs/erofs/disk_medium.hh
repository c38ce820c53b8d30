// An EROFS image on a disk or a partition.
#pragma once

#include "fs/cache/device_cache.hh"
#include "fs/erofs/medium.hh"

namespace erofs
{
class disk_medium final : public medium
{
  public:
    explicit disk_medium(ref_ptr<cache::device_cache> where) : _cache(std::move(where)) {}

    u64 size() const override { return _cache->size(); }
    result<void> read(u64 offset, std::span<std::byte> to) override { return _cache->read_bytes(offset, to); }
    result<void> read_data(u64 offset, std::span<std::byte> to) override;
    std::string_view name() const override { return _cache->device().name(); }

  private:
    const ref_ptr<cache::device_cache> _cache;
};
} // namespace erofs
