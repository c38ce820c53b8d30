// Telling anonymous files apart without RTTI: every class of them has one inode of its own, shared by all its
// files.
#pragma once

#include <atomic>

#include "fs/vfs/anonymous_inode.hh"
#include "fs/vfs/file.hh"

namespace linux
{
/// Made with the first file of class File and then for ever.
template <class File>
constinit inline std::atomic<vfs::inode*> inode_of_kind{nullptr};

/// The inode for a new file of class File. Errors: enomem.
template <class File>
result<ref_ptr<vfs::inode>> kind_inode()
{
    vfs::inode* known = inode_of_kind<File>.load(std::memory_order_acquire);
    if (!known) {
        auto fresh = TRY(vfs::anonymous_inode::create(vfs::file_type::none, 0600));
        if (inode_of_kind<File>.compare_exchange_strong(known, fresh.get()))
            known = fresh.leak();
    }
    return ref_ptr<vfs::inode>(*known);
}

/// The file as a File, or null if it is of another class.
template <class File>
File* file_as(vfs::file& file)
{
    return &file.inode() == inode_of_kind<File>.load(std::memory_order_acquire) ? static_cast<File*>(&file)
                                                                                : nullptr;
}

/// What /proc/self/fd/N shows for it: "anon_inode:[eventfd]".
inline result<size_t> describe_as(std::string_view name, std::span<char> buffer)
{
    if (name.size() > buffer.size())
        return fail(errc::enametoolong);
    return name.copy(buffer.data(), name.size());
}
} // namespace linux
