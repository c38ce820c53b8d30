// The host's memory for file-system tests; see memory.cc.
#pragma once

#include "core/base/types.hh"

namespace test
{
/// From now on at most this many frames may be allocated.
void set_frame_limit(u64 frames);
u64 frames_in_use();
/// How often an object asked for its pages to be unmapped.
u64 unmap_calls();
} // namespace test
