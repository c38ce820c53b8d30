#include "fs/vfs/walker.hh"

#include <cstring>

#include "fs/vfs/path_cache.hh"

namespace vfs
{
namespace
{
void skip_slashes(std::string_view& text)
{
    while (!text.empty() && text.front() == '/')
        text.remove_prefix(1);
}
} // namespace

result<void> walker::check(std::string_view name)
{
    if (name.empty())
        return fail(errc::enoent);
    if (name.size() >= path_limit)
        return fail(errc::enametoolong);
    return {};
}

walker::walker(const path& base, std::string_view name) : _rest(name)
{
    _at = !name.empty() && name.front() == '/' ? root().entry_ref() : base.entry_ref();
}

result<ref_ptr<dentry>> walker::find_child(dentry& directory, std::string_view name)
{
    if (name.size() > name_limit)
        return fail(errc::enametoolong);
    if (auto found = path_cache::find(directory, name))
        return found;
    auto& where = *directory.inode();
    lock_guard guard{where.lock()};
    return find_child_locked(directory, where, name);
}

result<ref_ptr<dentry>> walker::find_child_locked(dentry& directory, vfs::inode& where, std::string_view name)
{
    if (name.size() > name_limit)
        return fail(errc::enametoolong);
    if (auto found = path_cache::find(directory, name))
        return found;
    ref_ptr<vfs::inode> target;
    if (!directory.deleted()) {
        auto looked_up = where.lookup(name);
        if (!looked_up && looked_up.error() != errc::enoent)
            return fail(looked_up.error());
        if (looked_up)
            target = looked_up.take();
    }
    auto made = TRY(dentry::create(directory.in(), &directory, name, std::move(target)));
    if (where.names_are_stable() && !directory.deleted())
        path_cache::insert(*made);
    return made;
}

ref_ptr<dentry> walker::into_mounts(ref_ptr<dentry> d)
{
    while (auto* covering = d->mounted())
        [[unlikely]] d = ref_ptr<dentry>(covering->root());
    return d;
}

/// Goes down into what a component leads to; it must be a directory.
result<void> walker::enter(ref_ptr<dentry> d)
{
    d = into_mounts(std::move(d));
    if (!d->inode()->is_directory())
        return fail(errc::enotdir);
    _at = std::move(d);
    return {};
}

result<void> walker::step(std::string_view name)
{
    if (name == ".")
        return {};
    if (name == "..") {
        _at = path(std::move(_at)).parent().entry_ref();
        return {};
    }
    auto child = TRY(find_child(*_at, name));
    if (child->is_negative())
        return fail(errc::enoent);
    if (child->inode()->is_symlink())
        return follow_link(*child);
    return enter(std::move(child));
}

result<void> walker::to_last()
{
    for (;;) {
        skip_slashes(_rest);
        const size_t slash = _rest.find('/');
        const std::string_view name = _rest.substr(0, slash);
        _rest.remove_prefix(name.size());
        std::string_view after = _rest;
        skip_slashes(after);
        if (after.empty()) {
            _trailing_slash |= !_rest.empty();
            _rest = {};
            _last = name;
            _kind = name.empty()   ? component::nothing
                    : name == "."  ? component::dot
                    : name == ".." ? component::dot_dot
                                   : component::name;
            if (!_at->inode()->is_directory() && _kind != component::nothing)
                return fail(errc::enotdir);
            return {};
        }
        if (!_at->inode()->is_directory()) // the base is a file, or a link of /proc led to one
            return fail(errc::enotdir);
        TRY(step(name));
    }
}

ref_ptr<dentry> walker::find_last_cached() const
{
    return path_cache::find(*_at, _last);
}

result<void> walker::follow_link(dentry& link)
{
    if (++_links > link_limit)
        return fail(errc::eloop);
    path target;
    if (TRY(link.inode()->follow(target))) {
        _at = target.entry_ref();
        return {};
    }
    auto next = TRY(link.inode()->read_link());
    if (next.text.empty())
        return fail(errc::enoent);
    if (next.text.front() == '/')
        _at = root().entry_ref();
    if (_rest.empty()) {
        _link = std::move(next);
        _rest = _link.text;
        return {};
    }
    const size_t length = next.text.size() + 1 + _rest.size();
    auto joined = TRY(try_make_unique<char[]>(length));
    std::memcpy(joined.get(), next.text.data(), next.text.size());
    joined[next.text.size()] = '/';
    std::memcpy(joined.get() + next.text.size() + 1, _rest.data(), _rest.size());
    _joined = std::move(joined);
    _rest = {_joined.get(), length};
    return {};
}

result<path> walker::finish(final_link link)
{
    for (;;) {
        if (_kind == component::nothing) {
            if (_trailing_slash && !_at->inode()->is_directory())
                return fail(errc::enotdir);
            return path(_at);
        }
        if (_kind == component::dot)
            return path(_at);
        if (_kind == component::dot_dot)
            return path(_at).parent();
        auto child = TRY(find_last());
        if (child->is_negative())
            return fail(errc::enoent);
        if (child->inode()->is_symlink() && (link == final_link::follow || _trailing_slash)) {
            TRY(follow_link(*child));
            TRY(to_last());
            continue;
        }
        child = into_mounts(std::move(child));
        if (_trailing_slash && !child->inode()->is_directory())
            return fail(errc::enotdir);
        return path(std::move(child));
    }
}
} // namespace vfs
