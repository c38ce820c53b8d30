// Extended attributes: names such as "user.mime_type" with a value, where the file system keeps them
// (xattr(7)).
#include <algorithm>

#include "linux/files/arguments.hh"

namespace linux
{
namespace
{
constexpr size_t largest_value = 65536; // XATTR_SIZE_MAX, also of a list
constexpr size_t name_size = 256;       // XATTR_NAME_MAX and a zero
constexpr u32 known_flags = 3;          // XATTR_CREATE, XATTR_REPLACE

/// The attribute's name; one without a namespace that we know belongs to no file system.
struct attribute_name {
    std::array<char, name_size> text;
    size_t length = 0;

    result<void> read(user_string from)
    {
        const auto got = mm::read_user_string(from.address(), text.data(), text.size());
        if (!got)
            return fail(got.error() == errc::enametoolong ? errc::erange : got.error());
        length = *got;
        if (length == 0)
            return fail(errc::erange);
        for (const std::string_view known : {"user.", "trusted.", "security.", "system."})
            if (view().starts_with(known))
                return {};
        return fail(errc::eopnotsupp);
    }
    std::string_view view() const { return {text.data(), length}; }
};

result<vfs::path> place(user_string name, u32 flags)
{
    return resolve_at(at_fdcwd, name, flags);
}

result<size_t> get(vfs::inode& inode, user_string key, virt_addr value, size_t size)
{
    attribute_name name;
    TRY(name.read(key));
    size = std::min(size, largest_value);
    auto buffer = TRY(try_make_unique<std::byte[]>(std::max<size_t>(size, 1)));
    const size_t length = TRY(inode.get_extended_attribute(name.view(), {buffer.get(), size}));
    if (size)
        TRY(mm::copy_to_user(value, buffer.get(), length));
    return length;
}

result<void> set(vfs::inode& inode, user_string key, virt_addr value, size_t size, u32 flags)
{
    if (flags & ~known_flags)
        return fail(errc::einval);
    attribute_name name;
    TRY(name.read(key));
    if (size > largest_value)
        return fail(errc::e2big);
    auto buffer = TRY(try_make_unique<std::byte[]>(std::max<size_t>(size, 1)));
    TRY(mm::copy_from_user(buffer.get(), value, size));
    return inode.set_extended_attribute(name.view(), {buffer.get(), size}, flags);
}

result<size_t> list(vfs::inode& inode, virt_addr names, size_t size)
{
    size = std::min(size, largest_value);
    auto buffer = TRY(try_make_unique<char[]>(std::max<size_t>(size, 1)));
    const size_t length = TRY(inode.list_extended_attributes({buffer.get(), size}));
    if (size)
        TRY(mm::copy_to_user(names, buffer.get(), length));
    return length;
}

result<void> remove(vfs::inode& inode, user_string key)
{
    attribute_name name;
    TRY(name.read(key));
    return inode.remove_extended_attribute(name.view());
}
} // namespace

result<size_t> sys_getxattr(user_string name, user_string key, virt_addr value, size_t size)
{
    const auto where = TRY(place(name, 0));
    return get(where.inode(), key, value, size);
}
result<size_t> sys_lgetxattr(user_string name, user_string key, virt_addr value, size_t size)
{
    const auto where = TRY(place(name, at_symlink_nofollow));
    return get(where.inode(), key, value, size);
}
result<size_t> sys_fgetxattr(int descriptor, user_string key, virt_addr value, size_t size)
{
    const auto file = TRY(descriptors().use(descriptor));
    return get(file->inode(), key, value, size);
}

result<void> sys_setxattr(user_string name, user_string key, virt_addr value, size_t size, u32 flags)
{
    const auto where = TRY(place(name, 0));
    return set(where.inode(), key, value, size, flags);
}
result<void> sys_lsetxattr(user_string name, user_string key, virt_addr value, size_t size, u32 flags)
{
    const auto where = TRY(place(name, at_symlink_nofollow));
    return set(where.inode(), key, value, size, flags);
}
result<void> sys_fsetxattr(int descriptor, user_string key, virt_addr value, size_t size, u32 flags)
{
    const auto file = TRY(descriptors().use(descriptor));
    return set(file->inode(), key, value, size, flags);
}

result<size_t> sys_listxattr(user_string name, virt_addr names, size_t size)
{
    const auto where = TRY(place(name, 0));
    return list(where.inode(), names, size);
}
result<size_t> sys_llistxattr(user_string name, virt_addr names, size_t size)
{
    const auto where = TRY(place(name, at_symlink_nofollow));
    return list(where.inode(), names, size);
}
result<size_t> sys_flistxattr(int descriptor, virt_addr names, size_t size)
{
    const auto file = TRY(descriptors().use(descriptor));
    return list(file->inode(), names, size);
}

result<void> sys_removexattr(user_string name, user_string key)
{
    const auto where = TRY(place(name, 0));
    return remove(where.inode(), key);
}
result<void> sys_lremovexattr(user_string name, user_string key)
{
    const auto where = TRY(place(name, at_symlink_nofollow));
    return remove(where.inode(), key);
}
result<void> sys_fremovexattr(int descriptor, user_string key)
{
    const auto file = TRY(descriptors().use(descriptor));
    return remove(file->inode(), key);
}
} // namespace linux
