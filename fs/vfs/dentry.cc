#include "fs/vfs/dentry.hh"

#include <cstring>

#include "fs/vfs/changes.hh"
#include "fs/vfs/path_cache.hh"

namespace vfs
{
dentry::dentry(mount& in, ref_ptr<dentry> parent, ref_ptr<vfs::inode> target)
    : _mount(in), _inode(target.leak()), _parent(std::move(parent)), _is_root(!_parent)
{
}

dentry::~dentry()
{
    if (auto* target = _inode.load(std::memory_order_relaxed)) {
        if (changes_matter() && deleted())
            tell_end(*target);
        target->release();
    }
    if (_name != _inline_name)
        delete[] _name;
}

result<ref_ptr<dentry>> dentry::create(vfs::mount& in, dentry* parent, std::string_view name,
                                       ref_ptr<vfs::inode> target)
{
    auto* d = new (std::nothrow)
        dentry(in, parent ? ref_ptr<dentry>(*parent) : ref_ptr<dentry>(), std::move(target));
    if (!d)
        return fail(errc::enomem);
    auto owned = ref_ptr<dentry>::adopt(d);
    if (!d->set_name(name))
        return fail(errc::enomem);
    return owned;
}

bool dentry::set_name(std::string_view name)
{
    if (name.size() > inline_name) {
        char* longer = new (std::nothrow) char[name.size()];
        if (!longer)
            return false;
        _name = longer;
    }
    std::memcpy(_name, name.data(), name.size());
    _name_length = static_cast<u8>(name.size());
    return true;
}

void dentry::destroy_chain() const
{
    const dentry* last = this;
    while (last) {
        const dentry* up = const_cast<dentry*>(last)->_parent.leak();
        delete last;
        last = up && up->_references.fetch_sub(1, std::memory_order_acq_rel) == 1 ? up : nullptr;
    }
}

void dentry::make_positive(ref_ptr<vfs::inode> target)
{
    assert(is_negative());
    _inode.store(target.leak(), std::memory_order_release); // pairs with inode()
}

ref_ptr<dentry> dentry::parent() const
{
    ref_ptr<dentry> up;
    path_cache::with_name(*this, [&](dentry* directory, std::string_view) {
        if (directory)
            up = ref_ptr<dentry>(*directory);
    });
    return up;
}
} // namespace vfs
