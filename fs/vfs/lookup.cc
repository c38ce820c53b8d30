#include "fs/vfs/lookup.hh"

#include "fs/vfs/changes.hh"
#include "fs/vfs/walker.hh"

namespace vfs
{
result<path> resolve(const path& base, std::string_view name, final_link link)
{
    TRY(walker::check(name));
    walker w(base, name);
    TRY(w.to_last());
    return w.finish(link);
}

result<void> set_attributes(const path& where, const attribute_changes& changes)
{
    if (where.mount().read_only())
        return fail(errc::erofs);
    TRY(where.inode().set_attributes(changes));
    if (changes_matter())
        tell_attributes(where.entry(), changes);
    return {};
}

result<void> truncate(const path& where, u64 size)
{
    if (where.inode().is_directory())
        return fail(errc::eisdir);
    if (where.inode().type() != file_type::regular)
        return fail(errc::einval);
    return set_attributes(where, {.size = size});
}

result<void> check_access(const path& where, u32 wanted)
{
    constexpr u32 execute = 1, write = 2;
    constexpr u32 any_execute_bit = 0111;
    const auto type = where.inode().type();
    const bool stored =
        type == file_type::regular || type == file_type::directory || type == file_type::symlink;
    if ((wanted & write) && stored && where.mount().read_only())
        return fail(errc::erofs);
    if ((wanted & execute) && type != file_type::directory) {
        attributes now;
        TRY(where.inode().get_attributes(now));
        if (!(now.mode & any_execute_bit))
            return fail(errc::eacces);
    }
    return {};
}
} // namespace vfs
