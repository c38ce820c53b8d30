// Where the running thread's descriptors and working directory are: the program that it belongs to.
#pragma once

#include "linux/files/descriptor_table.hh"
#include "linux/files/fs_context.hh"
#include "linux/task/task.hh"

namespace linux
{
inline descriptor_table& descriptors()
{
    return current_program().descriptors();
}
inline fs_context& filesystem()
{
    return current_program().fs();
}

/// SIGPIPE to the running thread if the write failed for want of a reader; interrupted writes become
/// restartable.
result<size_t> finish_write(result<size_t> written);
} // namespace linux
