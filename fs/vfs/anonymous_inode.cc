#include "fs/vfs/anonymous_inode.hh"

#include "fs/vfs/file_system.hh"

namespace vfs
{
namespace
{
/// Where inodes without names live; has no tree.
class anonymous_file_system final : public file_system
{
  public:
    explicit anonymous_file_system() : _root(*this, file_type::directory, 1, 0700) {}

    std::string_view type_name() const override { return "anon_inodefs"; }
    inode& root() override { return _root; }
    result<void> usage(file_system_usage& out) override
    {
        out = {.type_magic = 0x09041934}; // ANON_INODE_FS_MAGIC
        return {};
    }
    u64 next_number() { return _last_number.fetch_add(1, std::memory_order_relaxed) + 1; }

  private:
    anonymous_inode _root;
    std::atomic<u64> _last_number{1};
};

constinit std::atomic<anonymous_file_system*> the_file_system{nullptr};
constinit std::atomic<inode*> shared_inode{nullptr};

/// Made at first use, kept for ever.
result<anonymous_file_system*> anonymous_owner()
{
    if (auto* existing = the_file_system.load(std::memory_order_acquire))
        return existing;
    auto made = TRY(make_ref<anonymous_file_system>());
    anonymous_file_system* expected = nullptr;
    if (!the_file_system.compare_exchange_strong(expected, made.get(), std::memory_order_acq_rel))
        return expected;
    return made.leak();
}
} // namespace

anonymous_inode::anonymous_inode(file_system& fs, file_type type, u64 number, u32 permissions)
    : inode(fs, type, number), _permissions(permissions), _created(timestamp::now())
{
}

result<ref_ptr<inode>> anonymous_inode::create(file_type type, u32 permissions)
{
    auto* fs = TRY(anonymous_owner());
    return TRY(make_ref<anonymous_inode>(*fs, type, fs->next_number(), permissions));
}

result<ref_ptr<inode>> anonymous_inode::shared()
{
    if (auto* existing = shared_inode.load(std::memory_order_acquire))
        return ref_ptr<inode>(*existing);
    auto made = TRY(create(file_type::none, 0600));
    inode* expected = nullptr;
    if (!shared_inode.compare_exchange_strong(expected, made.get(), std::memory_order_acq_rel))
        return ref_ptr<inode>(*expected);
    made->add_ref(); // the global's
    return made;
}

result<void> anonymous_inode::get_attributes(attributes& out)
{
    out = {};
    out.inode_number = number();
    out.mode = static_cast<u32>(type()) | _permissions.load(std::memory_order_relaxed);
    out.links = 1;
    out.file_system = owner().number();
    out.accessed = out.modified = out.changed = _created;
    return {};
}

result<void> anonymous_inode::set_attributes(const attribute_changes& changes)
{
    if (changes.size)
        return fail(errc::einval);
    if (changes.permissions)
        _permissions.store(*changes.permissions & permission_mask, std::memory_order_relaxed);
    return {};
}
} // namespace vfs
