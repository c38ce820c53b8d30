// fcntl's record locks and flock in terms of file_locks, and what closing a file does to them.
#pragma once

#include "core/mm/user_access.hh"
#include "linux/abi/fcntl.hh"
#include "linux/files/locks.hh"

namespace linux
{
/// F_GETLK to F_OFD_SETLKW. Errors: ebadf, einval, eoverflow, eagain, eintr as a restart code, efault.
result<s64> range_lock(vfs::file& file, u32 command, mm::user_ptr<flock> argument);

/// A descriptor of this file is being closed: POSIX says that the program loses its locks on it.
void release_program_locks(vfs::file& file);

/// The open file is gone: its flock and its OFD locks with it.
void release_file_locks(vfs::file& file);
} // namespace linux
