// An inode as the medium describes it, checked, and where the bytes of its file lie.
#pragma once

#include "core/base/result.hh"
#include "fs/erofs/format.hh"
#include "fs/erofs/medium.hh"
#include "fs/vfs/attributes.hh"

namespace erofs
{
/// What look-ups of inodes need of the superblock.
struct geometry {
    u64 image_size = 0; // bytes that may be referred to
    u64 meta_offset = 0;
    u64 root_node = 0;
    u64 inode_count = 0;
    vfs::timestamp build_time;
};

/// Reads and checks the superblock. Says in one log line why an image is refused. Errors: einval if it is no
/// EROFS, eio if it is damaged, eopnotsupp for features that this does not know.
result<geometry> read_super_block(medium& from);

/// A run of a file's bytes.
struct extent {
    u64 offset = 0; // in the medium; meaningless for a hole
    u64 length = 0; // up to the end of the run or the file
    bool hole = false;
    bool in_metadata = false; // the inline tail: other bytes surround it
};

class inode_layout
{
  public:
    /// Errors: eio for anything that cannot be true; eopnotsupp for compressed files.
    static result<inode_layout> read(medium& from, const geometry& where, u64 node_id);

    u32 mode() const { return _mode; }
    vfs::file_type type() const { return vfs::type_of_mode(_mode); }
    u64 size() const { return _size; }
    u32 links() const { return _links; }
    u32 user() const { return _user; }
    u32 group() const { return _group; }
    vfs::timestamp modified() const { return _modified; }
    vfs::device_number device() const;

    /// The run that begins at byte `offset` < size(). Errors: eio.
    result<extent> map(medium& from, u64 offset) const;
    /// Copies bytes of the file; the range must lie inside it. Errors: eio.
    result<void> read_bytes(medium& from, u64 offset, std::span<std::byte> to) const;

  private:
    result<void> check();
    result<void> check_run(u64 offset, u64 length) const;
    result<extent> map_chunk(medium& from, u64 offset) const;

    u64 _size = 0;
    u64 _data_offset = 0;   // of the whole blocks
    u64 _inline_offset = 0; // behind the inode and its attributes
    u64 _image_size = 0;
    vfs::timestamp _modified;
    u32 _mode = 0;
    u32 _links = 0;
    u32 _user = 0;
    u32 _group = 0;
    u32 _content = 0;
    data_layout _layout = data_layout::plain;
};
} // namespace erofs
