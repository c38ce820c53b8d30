// Advisory locks: flock(2) on whole files, fcntl(2) on byte ranges (POSIX and open-file-description locks).
//
// A lock belongs to its owner: the program (POSIX) or an open file (flock, OFD). Locks of one owner never
// conflict, so POSIX locks of the only program meet nobody but OFD locks. flock and range locks do not see
// each other, as on Linux.
//
// Locks hang in one table by inode; one mutex guards it, because programs take a handful. Source:
// fcntl_locking(2).
#pragma once

#include <optional>

#include "core/base/result.hh"
#include "fs/vfs/file.hh"

namespace linux
{
class file_locks
{
  public:
    enum class family : u8 { whole_file, range };
    enum class mode : u8 { shared, exclusive };

    struct owner {
        const void* who = nullptr; // program or file
        bool is_file = false;
    };
    /// Bytes [start, end); end is ~0 for "to the end of the file".
    struct request {
        const vfs::inode* inode;
        family kind;
        owner by;
        mode how;
        u64 start = 0;
        u64 end = ~u64{0};
    };
    struct conflict {
        mode how;
        u64 start, end;
        bool is_file_owned;
    };

    enum class waiting : u8 { no, yes };

    /// Errors: eagain if somebody else holds it and waiting is no; eintr, enomem.
    static result<void> acquire(const request& wanted, waiting wait);
    /// Gives the range back; locks that reach beyond it are cut. Errors: enomem (a lock was split).
    static result<void> release(const request& wanted);
    /// Who is in the way, if anybody.
    static std::optional<conflict> find_conflict(const request& wanted);

    /// Everything that this owner holds on the inode; `inode` null: on all.
    static void release_all(owner by, const vfs::inode* inode);
    /// Whether there are locks at all: close() need not look otherwise.
    static bool any();
};
} // namespace linux
