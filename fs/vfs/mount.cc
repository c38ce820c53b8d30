#include "fs/vfs/mount.hh"

#include "core/sync/spinlock.hh"
#include "fs/vfs/path.hh"

namespace vfs
{
namespace
{
constinit spinlock mounts_lock{lock_rank::cache_index};
constinit std::atomic<mount*> first_mount{nullptr};
constinit mount* last_mount = nullptr; // mounts_lock
constinit mount* root_mount = nullptr; // set once at boot
constinit std::atomic<u32> last_id{0};
constinit std::atomic<u32> last_anonymous_device{0};
} // namespace

file_system::file_system() : _number{0, last_anonymous_device.fetch_add(1, std::memory_order_relaxed) + 1} {}

mount::mount(ref_ptr<file_system> what, const options& how)
    : _fs(std::move(what)), _id(last_id.fetch_add(1, std::memory_order_relaxed) + 1),
      _read_only(how.read_only || _fs->read_only()),
      _source_length(static_cast<u8>(how.source.copy(_source, sizeof _source)))
{
}

result<mount*> mount::make(ref_ptr<file_system> what, const options& how)
{
    auto* m = new (std::nothrow) mount(std::move(what), how);
    if (!m)
        return fail(errc::enomem);
    auto root = dentry::create(*m, nullptr, "", ref_ptr<vfs::inode>(m->_fs->root()));
    if (!root) {
        delete m;
        return fail(root.error());
    }
    m->_root = root.take();
    return m;
}

void mount::publish()
{
    lock_guard guard{mounts_lock};
    // The release pairs with next() and first(): who sees the mount sees it complete.
    (last_mount ? last_mount->_next : first_mount).store(this, std::memory_order_release);
    last_mount = this;
}

mount* mount::first()
{
    return first_mount.load(std::memory_order_acquire);
}

result<mount*> mount::create_root(ref_ptr<file_system> what, const options& how)
{
    assert(!root_mount);
    auto* m = TRY(make(std::move(what), how));
    m->publish();
    root_mount = m;
    return m;
}

result<mount*> mount::create(const path& where, ref_ptr<file_system> what, const options& how)
{
    if (!where.inode().is_directory())
        return fail(errc::enotdir);
    auto* m = TRY(make(std::move(what), how));
    m->_covered = where.entry_ref();
    mount* expected = nullptr;
    if (!where.entry()._mounted.compare_exchange_strong(expected, m, std::memory_order_acq_rel)) {
        delete m;
        return fail(errc::ebusy);
    }
    m->publish();
    return m;
}

result<mount*> mount::create_detached(ref_ptr<file_system> what, const options& how)
{
    return make(std::move(what), how);
}

u32 mount::parent_id() const
{
    return _covered ? _covered->in().id() : 0;
}

result<void> mount::synchronize_all()
{
    result<void> outcome;
    for_each([&](mount& m) {
        if (const auto done = m.fs().synchronize(); !done)
            outcome = done;
    });
    return outcome;
}

path root()
{
    return path(ref_ptr<dentry>(root_mount->root()));
}
} // namespace vfs
