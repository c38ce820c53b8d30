#include "fs/erofs/erofs.hh"

#include "fs/erofs/node.hh"

namespace erofs
{
result<ref_ptr<file_system>> file_system::mount(ref_ptr<medium> from)
{
    const auto where = TRY(read_super_block(*from));
    auto fs = TRY(make_ref<file_system>(std::move(from), where));
    fs->_root = TRY(fs->inode_of(where.root_node));
    return fs;
}

file_system::~file_system() = default;

vfs::inode& file_system::root()
{
    return *_root;
}

result<void> file_system::usage(vfs::file_system_usage& out)
{
    out = {};
    out.type_magic = magic;
    out.block_size = block_size;
    out.blocks = _geometry.image_size >> block_shift;
    out.inodes = _geometry.inode_count;
    out.identity = number().minor;
    out.read_only = true;
    return {};
}

ref_ptr<node> file_system::find_locked(u64 node_id)
{
    for (node* n = *bucket(node_id); n; n = n->_next)
        if (n->number() == node_id && n->try_add_ref())
            return ref_ptr<node>::adopt(n);
    return nullptr;
}

result<ref_ptr<vfs::inode>> file_system::inode_of(u64 node_id)
{
    WITH_LOCK(_lock)
    {
        if (auto existing = find_locked(node_id))
            return existing;
    }
    const auto layout = TRY(inode_layout::read(*_medium, _geometry, node_id));
    auto made = TRY(make_ref<node>(*this, node_id, layout));
    ref_ptr<node> faster; // somebody else's; if so, ours goes when no lock is held
    WITH_LOCK(_lock)
    {
        faster = find_locked(node_id);
        if (!faster) {
            made->_next = *bucket(node_id);
            *bucket(node_id) = made.get();
        }
    }
    return faster ? faster : made;
}

void file_system::forget(node& n)
{
    lock_guard guard{_lock};
    for (node** at = bucket(n.number()); *at; at = &(*at)->_next)
        if (*at == &n) {
            *at = n._next;
            return;
        }
}
} // namespace erofs
