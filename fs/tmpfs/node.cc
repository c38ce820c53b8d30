#include "fs/tmpfs/node.hh"

namespace tmpfs
{
using vfs::timestamp;

node::node(file_system& fs, vfs::file_type type, const vfs::creation& how, u32 link_count)
    : inode(fs, type, fs.next_inode_number()), _permissions(how.permissions), _user(how.user),
      _group(how.group), _links(link_count), _created(timestamp::now())
{
    _accessed = _modified = _changed = _created;
    fs.count_inodes(1);
}

node::~node()
{
    fs().count_inodes(-1);
}

result<void> node::get_attributes(vfs::attributes& out)
{
    constexpr u64 sectors_per_page = page_size / 512;
    out = {};
    out.inode_number = number();
    out.file_system = fs().number();
    out.device = device();
    out.size = content_size();
    out.blocks = content_pages() * sectors_per_page;
    out.created = _created;
    lock_guard guard{_metadata_lock};
    out.mode = static_cast<u32>(type()) | _permissions;
    out.links = _links;
    out.user = _user;
    out.group = _group;
    out.accessed = _accessed;
    out.modified = _modified;
    out.changed = _changed;
    return {};
}

result<void> node::set_attributes(const vfs::attribute_changes& changes)
{
    if (changes.size)
        TRY(resize(*changes.size));
    const auto now = timestamp::now();
    lock_guard guard{_metadata_lock};
    if (changes.permissions)
        _permissions = *changes.permissions & vfs::permission_mask;
    if (changes.user)
        _user = *changes.user;
    if (changes.group)
        _group = *changes.group;
    if (changes.accessed)
        _accessed = *changes.accessed;
    if (changes.size)
        _modified = now;
    if (changes.modified)
        _modified = *changes.modified;
    _changed = now;
    return {};
}

void node::touch(touched what)
{
    const auto now = timestamp::now();
    lock_guard guard{_metadata_lock};
    switch (what) {
    case touched::accessed:
        _accessed = now;
        break;
    case touched::content:
        _modified = now;
        [[fallthrough]];
    case touched::attributes:
        _changed = now;
        break;
    }
}

void node::change_links(int by)
{
    const auto now = timestamp::now();
    lock_guard guard{_metadata_lock};
    _links += static_cast<u32>(by);
    _changed = now;
}

vfs::creation node::inherited(vfs::creation how, vfs::file_type made) const
{
    constexpr u32 set_group_id = 02000;
    lock_guard guard{_metadata_lock};
    if (_permissions & set_group_id) {
        how.group = _group;
        if (made == vfs::file_type::directory)
            how.permissions |= set_group_id;
    }
    return how;
}

u32 node::links() const
{
    lock_guard guard{_metadata_lock};
    return _links;
}
} // namespace tmpfs
