// A file of a file system, whatever its type and its names: the interface that every file system implements.
//
// The VFS checks what all file systems have in common (types, read-only mounts, existing names, permissions)
// and calls an operation only where it makes sense, so a file system overrides what its files can do and
// nothing else.
//
// Locking: the operations on names of a directory (lookup, create ... rename) and list() are called with that
// directory's lock() held, rename with both. Everything else may be called at any time from any number of
// threads. A file system never calls back into path look-up.
#pragma once

#include <span>
#include <string_view>

#include "core/base/make_unique.hh"
#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "core/sync/mutex.hh"
#include "fs/vfs/attributes.hh"
#include "fs/vfs/directory.hh"
#include "fs/vfs/flags.hh"

namespace mm
{
class memory_object;
}
class io_buffer;

namespace vfs
{
class file;
class file_system;
class path;

/// A symbolic link's text: lives as long as the inode and this object.
struct link_text {
    std::string_view text;
    unique_ptr<char[]> storage; // where the text had to be made or read
};

/// Ownership and permissions of a file that is being made.
struct creation {
    u32 permissions = 0; // the umask has been applied
    u32 user = 0;
    u32 group = 0;
};

enum class write_mode : u8 { at_position, append };
enum class sync_scope : u8 { all, data_only };

class inode : public ref_counted<inode>
{
  public:
    virtual ~inode() = default;

    file_type type() const { return _type; }
    bool is_directory() const { return _type == file_type::directory; }
    bool is_symlink() const { return _type == file_type::symlink; }
    file_system& owner() const { return _owner; }
    u64 number() const { return _number; }
    mutex& lock() RETURN_CAPABILITY(_lock) { return _lock; }

    // Any file.

    virtual result<void> get_attributes(attributes& out) = 0;
    virtual result<void> set_attributes(const attribute_changes& changes); // erofs
    virtual result<void> synchronize(sync_scope scope);                    // nothing to do

    /// Bytes of the value; erange if `value` is too small and not empty (an empty one asks for the size
    /// only).
    virtual result<size_t> get_extended_attribute(std::string_view name,
                                                  std::span<std::byte> value); // enodata
    virtual result<void> set_extended_attribute(std::string_view name, std::span<const std::byte> value,
                                                u32 flags);                 // eopnotsupp
    virtual result<void> remove_extended_attribute(std::string_view name);  // enodata
    virtual result<size_t> list_extended_attributes(std::span<char> names); // none

    /// A new open file description. `where` names it; `flags` are open_flag bits, creation and truncation
    /// done. The default serves regular files, directories, FIFOs and registered devices
    /// (fs/vfs/open_inode.cc).
    virtual result<ref_ptr<file>> open(const path& where, u32 flags);

    // Regular files.

    virtual result<size_t> read(u64 offset, io_buffer& to); // einval
    /// Writes at `position`, or at the end, and leaves `position` behind the last byte written.
    virtual result<size_t> write(u64& position, io_buffer& from, write_mode mode); // einval
    virtual result<void> allocate(u32 mode, u64 offset, u64 length);               // eopnotsupp
    /// Where data or a hole begins at or after `offset` (lseek's SEEK_DATA and SEEK_HOLE). enxio beyond the
    /// end.
    virtual result<u64> seek_data(u64 offset, seek_origin what);
    virtual result<ref_ptr<mm::memory_object>> memory_object(); // enodev
    /// The kernel's own use of a file's bytes in place: the whole file if it lies in kernel memory at once,
    /// else empty.
    virtual std::span<const std::byte> mapped_bytes();

    // Symbolic links.

    virtual result<link_text> read_link(); // einval
    /// Links of /proc that lead to a file rather than to a name: sets `target` and returns true.
    virtual result<bool> follow(path& target); // false

    // Directories.

    virtual result<ref_ptr<inode>> lookup(std::string_view name); // enoent
    virtual result<ref_ptr<inode>> create(std::string_view name, const creation& how);
    virtual result<ref_ptr<inode>> make_directory(std::string_view name, const creation& how);
    virtual result<ref_ptr<inode>> make_node(std::string_view name, file_type type, device_number device,
                                             const creation& how);
    virtual result<ref_ptr<inode>> make_symlink(std::string_view name, std::string_view target,
                                                const creation& how);
    virtual result<void> link(std::string_view name, inode& target);
    virtual result<void> unlink(std::string_view name, inode& victim);
    virtual result<void> remove_directory(std::string_view name, inode& victim); // enotempty
    /// Moves `what` from `name` here to `new_name` in `new_parent`; `replaced` is what is there now, or null.
    /// With `exchange` the two change places.
    virtual result<void> rename(std::string_view name, inode& what, inode& new_parent,
                                std::string_view new_name, inode* replaced, u32 flags);
    /// A file without a name (O_TMPFILE).
    virtual result<ref_ptr<inode>> create_unnamed(const creation& how); // eopnotsupp
    /// Feeds entries from position `cookie` (at least first_cookie) on.
    virtual result<void> list(u64 cookie, directory_sink& sink);
    /// False where names change without the VFS: its entries are not kept in the path cache.
    virtual bool names_are_stable() const { return true; }

  protected:
    inode(file_system& owner, file_type type, u64 number) : _owner(owner), _number(number), _type(type) {}

  private:
    file_system& _owner;
    const u64 _number;
    const file_type _type;
    mutex _lock{lock_rank::directory}; // of a directory: its names
};
} // namespace vfs
