// The files of one poll or select call, held for its length, with what is wanted and what was found.
#pragma once

#include <span>

#include "core/base/make_unique.hh"
#include "core/time/clock.hh"
#include "linux/files/descriptor_table.hh"

namespace linux
{
struct polled_file {
    file_ref file; // empty: the descriptor is not open
    u32 interest = 0;
    u32 counts = ~u32{0}; // of what the file reports
    u32 ready = 0;
};

/// Room for `count` files: on the stack if they are few.
class file_set
{
  public:
    result<void> reserve(size_t count);
    std::span<polled_file> files() { return _files; }

    /// Waits until a file is ready or the deadline has passed. Returns how many are ready; 0 for a time-out.
    /// A file that is missing counts as ready with its `ready` as it was set. Errors: eintr, enomem.
    result<int> wait(instant deadline);

  private:
    int look(class poll_wait* registering);

    std::array<polled_file, 8> _few;
    unique_ptr<polled_file[]> _many;
    std::span<polled_file> _files;
};
} // namespace linux
