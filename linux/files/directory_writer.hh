// Directory entries as getdents and getdents64 return them: records of variable length, one after the other.
// Source: getdents(2).
#pragma once

#include <span>

#include "fs/vfs/directory.hh"

namespace linux
{
class directory_writer final : public vfs::directory_sink
{
  public:
    enum class format : u8 { old_entries, entries_64 };

    directory_writer(std::span<std::byte> buffer, format f) : _buffer(buffer), _format(f) {}

    bool add(const vfs::directory_entry& entry) override;

    size_t bytes_written() const { return _used; }
    /// Whether an entry found no room.
    bool refused() const { return _refused; }

  private:
    std::span<std::byte> _buffer;
    size_t _used = 0;
    format _format;
    bool _refused = false;
};
} // namespace linux
