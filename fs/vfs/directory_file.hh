// An open directory: a position in its listing. "." and ".." come from here, the rest from the file system.
#pragma once

#include "core/sync/mutex.hh"
#include "fs/vfs/file.hh"

namespace vfs
{
class directory_file final : public file
{
  public:
    directory_file(const path& where, u32 flags) : file(where, flags) {}

    result<size_t> read(io_buffer& to) override;                // eisdir
    result<size_t> read_at(u64 offset, io_buffer& to) override; // eisdir
    result<u64> seek(s64 offset, seek_origin origin) override;
    result<void> list(directory_sink& to) override;
    result<void> synchronize(sync_scope scope) override;

  private:
    result<void> list_entries(directory_sink& to);

    mutex _lock{lock_rank::file_position};
    u64 _position GUARDED_BY(_lock) = 0;
};
} // namespace vfs
