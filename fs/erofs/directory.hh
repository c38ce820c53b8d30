// Directories of EROFS: blocks of sorted records, read without trusting any of them.
//
// A block holds 12-byte records and behind them the names; the first record's name offset tells how many
// records there are. Names are sorted over the whole directory, so a look-up is a binary search over blocks,
// then in one block.
#pragma once

#include <string_view>

#include "core/base/make_unique.hh"
#include "core/base/result.hh"
#include "fs/erofs/layout.hh"
#include "fs/vfs/directory.hh"

namespace erofs
{
/// One block of a directory; its bytes lie in the image or in a copy.
class directory_block
{
  public:
    static result<directory_block> read(medium& from, const inode_layout& directory, u64 index);

    u32 count() const { return _count; }
    /// Errors: eio if the record is nonsense.
    result<directory_record> record(u32 i) const;
    result<std::string_view> name(u32 i) const;

  private:
    std::span<const std::byte> _bytes;
    unique_ptr<std::byte[]> _copy;
    u32 _count = 0;
};

/// The node that `name` leads to. Errors: enoent, eio.
result<u64> find_in_directory(medium& from, const inode_layout& directory, std::string_view name);

/// Feeds the sink; a position is first_cookie + block number * 4096 + byte of the record in its block.
/// Errors: eio.
result<void> list_directory(medium& from, const inode_layout& directory, u64 cookie,
                            vfs::directory_sink& sink);
} // namespace erofs
