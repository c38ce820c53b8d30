#include "fs/vfs/path.hh"

#include <array>
#include <cstring>

#include "core/mm/memory_object.hh"
#include "fs/vfs/path_cache.hh"

namespace vfs
{
namespace
{
/// The directory entry that stands for `d` in the tree of all mounts: a mount's root is found at what it
/// covers.
ref_ptr<dentry> at_mount_point(ref_ptr<dentry> d)
{
    while (d->is_root() && d->in().covered())
        d = ref_ptr<dentry>(*d->in().covered());
    return d;
}
} // namespace

path path::parent() const
{
    auto d = at_mount_point(_dentry);
    auto up = d->parent();
    return path(up ? std::move(up) : std::move(d));
}

result<void> path::get_attributes(attributes& out) const
{
    TRY(inode().get_attributes(out));
    out.mount_id = mount().id();
    return {};
}

result<size_t> path::describe(std::span<char> buffer, deleted_mark mark) const
{
    static constexpr std::string_view deleted_text = " (deleted)";
    // Built backwards from the end, then moved to the front.
    size_t at = buffer.size();
    bool fits = true;
    const auto prepend = [&](std::string_view text) {
        fits = fits && text.size() <= at;
        if (!fits)
            return;
        at -= text.size();
        std::memcpy(buffer.data() + at, text.data(), text.size());
    };
    if (mark == deleted_mark::yes && _dentry->deleted())
        prepend(deleted_text);
    const size_t end = at;
    for (auto d = at_mount_point(_dentry); fits;) {
        ref_ptr<dentry> up;
        path_cache::with_name(*d, [&](dentry* directory, std::string_view name) {
            if (!directory)
                return;
            prepend(name);
            prepend("/");
            up = ref_ptr<dentry>(*directory);
        });
        if (!up)
            break;
        d = at_mount_point(std::move(up));
    }
    if (at == end)
        prepend("/");
    if (!fits)
        return fail(errc::enametoolong);
    std::memmove(buffer.data(), buffer.data() + at, buffer.size() - at);
    return buffer.size() - at;
}

result<ref_ptr<mm::memory_object>> path::memory_object() const
{
    auto object = TRY(inode().memory_object());
    if (!object->has_name()) {
        std::array<char, 512> name; // a longer path is no name
        if (const auto size = describe(name, deleted_mark::no))
            object->remember_name({name.data(), size.value()});
    }
    return object;
}
} // namespace vfs
