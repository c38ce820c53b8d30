// Listing directories, and the working directory.
#include <algorithm>
#include <cstring>

#include "linux/files/arguments.hh"
#include "linux/files/directory_writer.hh"

namespace linux
{
namespace
{
constexpr size_t largest_listing = 8_KiB; // in one call; programs call until nothing comes

result<size_t> list(int descriptor, virt_addr buffer, u32 bytes, directory_writer::format format)
{
    const auto file = TRY(descriptors().use(descriptor));
    if (!file->inode().is_directory())
        return fail(errc::enotdir);
    TRY(check_range(buffer, bytes));
    const size_t size = std::min<size_t>(bytes, largest_listing);
    auto memory = TRY(try_make_unique<std::byte[]>(std::max<size_t>(size, 1)));
    directory_writer writer({memory.get(), size}, format);
    TRY(file->list(writer));
    if (writer.bytes_written() == 0 && writer.refused())
        return fail(errc::einval); // not even one entry fits
    TRY(mm::copy_to_user(buffer, memory.get(), writer.bytes_written()));
    return writer.bytes_written();
}
} // namespace

result<size_t> sys_getdents(int descriptor, virt_addr buffer, u32 bytes)
{
    return list(descriptor, buffer, bytes, directory_writer::format::old_entries);
}

result<size_t> sys_getdents64(int descriptor, virt_addr buffer, u32 bytes)
{
    return list(descriptor, buffer, bytes, directory_writer::format::entries_64);
}

result<size_t> sys_getcwd(user_ptr<char> buffer, size_t bytes)
{
    auto memory = TRY(try_make_unique<char[]>(path_max));
    const auto where = filesystem().working_directory();
    if (where.entry().deleted())
        return fail(errc::enoent);
    const size_t length = TRY(where.describe({memory.get(), path_max - 1}, vfs::path::deleted_mark::no));
    memory[length] = '\0';
    if (length + 1 > bytes)
        return fail(errc::erange);
    TRY(mm::copy_to_user(buffer.address(), memory.get(), length + 1));
    return length + 1;
}

result<void> sys_chdir(user_string name)
{
    auto where = TRY(resolve_at(at_fdcwd, name, 0));
    if (!where.inode().is_directory())
        return fail(errc::enotdir);
    filesystem().set_working_directory(std::move(where));
    return {};
}

result<void> sys_fchdir(int descriptor)
{
    const auto file = TRY(descriptors().use_any(descriptor));
    if (!file->where() || !file->where().inode().is_directory())
        return fail(errc::enotdir);
    filesystem().set_working_directory(file->where());
    return {};
}

result<u32> sys_umask(u32 mask)
{
    return filesystem().set_umask(mask);
}
} // namespace linux
