// What file-system tests share: one tree per process, and the calls of a program with std::string.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/mm/io_buffer.hh"
#include "fs/vfs/lookup.hh"

namespace test
{
/// The root of the process's tree, a tmpfs; made at first use.
vfs::path root();

/// A new empty directory for one test.
vfs::path fresh_directory();

/// 0, or the error's number.
template <class T>
int error_of(const result<T>& r)
{
    return r ? 0 : static_cast<int>(r.error());
}

ref_ptr<vfs::file> open_file(const vfs::path& base, std::string_view name, u32 flags, u32 permissions = 0644);
std::string read_from(vfs::file& from, size_t bytes);
std::string read_at(vfs::file& from, u64 offset, size_t bytes);
size_t write_to(vfs::file& to, std::string_view bytes);
void write_file(const vfs::path& base, std::string_view name, std::string_view bytes);
std::string read_file(const vfs::path& base, std::string_view name);
vfs::attributes attributes_of(const vfs::path& where);
std::string path_of(const vfs::path& where);

struct listed {
    std::string name;
    u64 inode_number;
    vfs::file_type type;
    u64 next;
};
/// At most `limit` entries from the file's position on.
std::vector<listed> list(vfs::file& directory, size_t limit = ~size_t{0});
/// Sorted names without "." and "..".
std::vector<std::string> names_in(const vfs::path& directory);
} // namespace test
