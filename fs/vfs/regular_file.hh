// An open regular file: a position over an inode's read and write.
//
// Locking: _lock (rank file_position) is held during read(), write() and seek(), so that threads that share
// the description take turns at the position; read_at() and write_at() take no lock here.
#pragma once

#include "core/sync/mutex.hh"
#include "fs/vfs/file.hh"

namespace vfs
{
/// What no offset of a file may reach.
inline constexpr u64 offset_limit = 0x7fffffffffffffff;

/// Where lseek leads from `position` in a file of `size` bytes. Errors: einval below 0, beyond offset_limit
/// and for an unknown origin.
result<u64> seek_target(u64 position, u64 size, s64 offset, seek_origin origin);

class regular_file : public file
{
  public:
    regular_file(const path& where, u32 flags) : file(where, flags) {}

    result<size_t> read(io_buffer& to) override;
    result<size_t> write(io_buffer& from) override;
    result<size_t> read_at(u64 offset, io_buffer& to) override;
    result<size_t> write_at(u64 offset, io_buffer& from) override;
    result<u64> seek(s64 offset, seek_origin origin) override;
    result<void> truncate(u64 size) override;
    result<void> allocate(u32 mode, u64 offset, u64 length) override;
    result<void> synchronize(sync_scope scope) override;
    result<ref_ptr<mm::memory_object>> memory_object() override;

  private:
    result<size_t> read_at_and_tell(u64 offset, io_buffer& to);
    result<size_t> write_from(u64& position, io_buffer& from);

    mutex _lock{lock_rank::file_position};
    u64 _position GUARDED_BY(_lock) = 0;
};
} // namespace vfs
