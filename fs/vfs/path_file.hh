// What open(O_PATH) gives: a descriptor that names a place and can be used for nothing else.
#pragma once

#include "fs/vfs/file.hh"

namespace vfs
{
class path_file final : public file
{
  public:
    path_file(const path& where, u32 flags) : file(where, flags | open_flag::path_only) {}
};
} // namespace vfs
