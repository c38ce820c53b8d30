// What an inode answers to operations that its kind of file does not have.
#include "fs/vfs/inode.hh"

#include "core/mm/memory_object.hh"
#include "fs/vfs/file.hh"

namespace vfs
{
result<void> inode::set_attributes(const attribute_changes&)
{
    return fail(errc::erofs);
}
result<void> inode::synchronize(sync_scope)
{
    return {};
}

result<size_t> inode::get_extended_attribute(std::string_view, std::span<std::byte>)
{
    return fail(errc::enodata);
}
result<void> inode::set_extended_attribute(std::string_view, std::span<const std::byte>, u32)
{
    return fail(errc::eopnotsupp);
}
result<void> inode::remove_extended_attribute(std::string_view)
{
    return fail(errc::enodata);
}
result<size_t> inode::list_extended_attributes(std::span<char>)
{
    return size_t{0};
}

result<size_t> inode::read(u64, io_buffer&)
{
    return fail(errc::einval);
}
result<size_t> inode::write(u64&, io_buffer&, write_mode)
{
    return fail(errc::einval);
}
result<void> inode::allocate(u32, u64, u64)
{
    return fail(errc::eopnotsupp);
}
result<ref_ptr<mm::memory_object>> inode::memory_object()
{
    return fail(errc::enodev);
}
std::span<const std::byte> inode::mapped_bytes()
{
    return {};
}

result<u64> inode::seek_data(u64 offset, seek_origin what)
{
    // A file system that knows no holes: all is data, and the one hole begins at the end.
    attributes now;
    TRY(get_attributes(now));
    if (offset >= now.size)
        return fail(errc::enxio);
    return what == seek_origin::data ? offset : now.size;
}

result<link_text> inode::read_link()
{
    return fail(errc::einval);
}
result<bool> inode::follow(path&)
{
    return false;
}

result<ref_ptr<inode>> inode::lookup(std::string_view)
{
    return fail(errc::enoent);
}
result<ref_ptr<inode>> inode::create(std::string_view, const creation&)
{
    return fail(errc::eperm);
}
result<ref_ptr<inode>> inode::make_directory(std::string_view, const creation&)
{
    return fail(errc::eperm);
}
result<ref_ptr<inode>> inode::make_node(std::string_view, file_type, device_number, const creation&)
{
    return fail(errc::eperm);
}
result<ref_ptr<inode>> inode::make_symlink(std::string_view, std::string_view, const creation&)
{
    return fail(errc::eperm);
}
result<void> inode::link(std::string_view, inode&)
{
    return fail(errc::eperm);
}
result<void> inode::unlink(std::string_view, inode&)
{
    return fail(errc::eperm);
}
result<void> inode::remove_directory(std::string_view, inode&)
{
    return fail(errc::eperm);
}
result<void> inode::rename(std::string_view, inode&, inode&, std::string_view, inode*, u32)
{
    return fail(errc::eperm);
}
result<ref_ptr<inode>> inode::create_unnamed(const creation&)
{
    return fail(errc::eopnotsupp);
}
result<void> inode::list(u64, directory_sink&)
{
    return {};
}
} // namespace vfs
