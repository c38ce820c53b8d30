// tmpfs: a file system whose files live in memory only. Also what /dev (as "devtmpfs") and memfd_create() are
// made of.
//
// Inodes hold their content themselves: a regular file its pages (file_pages), a directory its entries
// (directory_entries), a link its text. The path cache above is only a cache.
#pragma once

#include <atomic>

#include "fs/tmpfs/file_pages.hh"
#include "fs/vfs/file.hh"
#include "fs/vfs/file_system.hh"

namespace tmpfs
{
class directory_inode;

class file_system final : public vfs::file_system
{
  public:
    struct options {
        std::string_view type_name = "tmpfs"; // must live for ever
        u64 page_limit = 0;                   // 0: half of the memory
        u32 root_permissions = 01777;
    };
    static result<ref_ptr<file_system>> create(const options& how);
    file_system(const options& how, ref_ptr<page_budget> budget);
    ~file_system() override;

    std::string_view type_name() const override { return _type_name; }
    vfs::inode& root() override;
    result<void> usage(vfs::file_system_usage& out) override;

    u64 next_inode_number() { return _last_number.fetch_add(1, std::memory_order_relaxed) + 1; }
    const ref_ptr<page_budget>& budget() const { return _budget; }
    void count_inodes(s64 change) { _inodes.fetch_add(static_cast<u64>(change), std::memory_order_relaxed); }

  private:
    const std::string_view _type_name;
    const ref_ptr<page_budget> _budget;
    std::atomic<u64> _last_number{0};
    std::atomic<u64> _inodes{0};
    ref_ptr<directory_inode> _root;
};

/// memfd_create(2): an unnamed file that is described as "/memfd:NAME (deleted)".
result<ref_ptr<vfs::file>> create_memory_file(std::string_view name);

/// Zeroed pages of their own, shared by whoever maps the object: /dev/zero with MAP_SHARED.
result<ref_ptr<mm::memory_object>> create_shared_memory(u64 size);
} // namespace tmpfs
