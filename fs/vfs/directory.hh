// Listing a directory: who lists gives a sink, the file system feeds it entries until the sink is full.
//
// Positions are cookies that the file system chooses: they stay valid when other entries come and go, so that
// telldir and a long listing beside changes work. 0 and 1 are "." and "..", which the VFS adds; a file
// system's own cookies begin at first_cookie.
#pragma once

#include <string_view>

#include "fs/vfs/attributes.hh"

namespace vfs
{
inline constexpr u64 first_cookie = 2;

struct directory_entry {
    std::string_view name;
    u64 inode_number = 0;
    file_type type = file_type::none;
    u64 next = 0; // the position after this entry
};

class directory_sink
{
  public:
    /// Returns false if there was no room; the entry then was not taken and the listing ends.
    virtual bool add(const directory_entry& entry) = 0;

  protected:
    ~directory_sink() = default;
};
} // namespace vfs
