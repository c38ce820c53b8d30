// A file system that is one table: /proc and /sys.
//
// A row is a path pattern and what stands there. A part in braces stands for all numbers of a kind:
//
//     {"{pid}/task/{tid}/comm", generate_comm}      /proc/1/task/7/comm, called with numbers {1, 7}
//
// Directories are not rows: a directory is a pattern's beginning together with the numbers that were met on
// the way. A file's text is made when it is read from its beginning, as Linux's seq_file does.
//
// No locks: the table is constant, inodes have no state. Directories whose entries come and go are not kept
// in the path cache.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "fs/vfs/file.hh"
#include "fs/vfs/file_system.hh"
#include "fs/vfs/inode.hh"
#include "linux/proc/text.hh"

namespace proc
{
/// The numbers of a path, in order; what no pattern has met is 0.
struct numbers {
    std::array<u32, 2> value{};
    size_t count = 0;

    u32 first() const { return value[0]; }
    u32 last() const { return count ? value[count - 1] : 0; }
    numbers with(u32 n) const
    {
        numbers extended = *this;
        if (extended.count < extended.value.size())
            extended.value[extended.count++] = n;
        return extended;
    }
};

// A part may begin with letters: "cpu{cpu}" stands for cpu0, cpu1 ...

/// A kind of number: which exist, below the numbers already met. `next` gives the smallest from `from` on, or
/// none.
struct number_kind {
    std::string_view name; // "pid"
    bool (*exists)(const numbers& above, u32 n);
    bool (*next)(const numbers& above, u32 from, u32& found);
};

struct row {
    std::string_view pattern;
    /// The text; of a link, what it says. Errors: what read(2) or readlink(2) shall return.
    result<void> (*generate)(text& out, const numbers& which);
    vfs::file_type type = vfs::file_type::regular;
    u32 permissions = 0444;
    /// Takes what was written. Null: writing is eacces.
    result<void> (*store)(std::string_view written, const numbers& which) = nullptr;
    /// Of a link: the file itself, where its text is only a description. False: follow the text.
    result<bool> (*follow)(vfs::path& target, const numbers& which) = nullptr;
};

struct table {
    std::string_view type_name; // "proc"
    u64 type_magic;
    std::span<const row> rows;
    std::span<const number_kind* const> kinds;
};

/// A file system of this table, which lives for ever.
result<ref_ptr<vfs::file_system>> create(const table& content);
} // namespace proc
