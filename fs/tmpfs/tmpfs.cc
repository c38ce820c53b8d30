#include "fs/tmpfs/tmpfs.hh"

#include <cstring>

#include "core/log.hh"
#include "core/mm/frames.hh"
#include "fs/tmpfs/inodes.hh"
#include "fs/vfs/regular_file.hh"

namespace tmpfs
{
namespace
{
constexpr u64 type_magic = 0x01021994;

/// An open memfd: a regular file whose name no path leads to.
class memory_file final : public vfs::regular_file
{
  public:
    memory_file(const vfs::path& where, u32 flags) : regular_file(where, flags) {}

    result<size_t> describe(std::span<char> buffer) const override
    {
        return static_cast<regular_inode&>(inode()).pages().describe(buffer.data(), buffer.size());
    }
};

/// Where unnamed files live; mounted nowhere, made at first use, kept for ever.
constinit std::atomic<vfs::mount*> unnamed_mount{nullptr};

result<vfs::mount*> unnamed_files()
{
    if (auto* existing = unnamed_mount.load(std::memory_order_acquire))
        return existing;
    auto fs = TRY(file_system::create({}));
    auto* made = TRY(vfs::mount::create_detached(std::move(fs), {.source = "tmpfs"}));
    vfs::mount* expected = nullptr;
    if (!unnamed_mount.compare_exchange_strong(expected, made, std::memory_order_acq_rel)) {
        delete made;
        return expected;
    }
    return made;
}
} // namespace

file_system::file_system(const options& how, ref_ptr<page_budget> budget)
    : _type_name(how.type_name), _budget(std::move(budget))
{
}

file_system::~file_system() = default;

result<ref_ptr<file_system>> file_system::create(const options& how)
{
    const u64 limit = how.page_limit ? how.page_limit : mm::statistics().total / 2;
    auto budget = TRY(make_ref<page_budget>(limit));
    auto fs = TRY(make_ref<file_system>(how, std::move(budget)));
    fs->_root = TRY(make_ref<directory_inode>(*fs, vfs::creation{.permissions = how.root_permissions}));
    return fs;
}

vfs::inode& file_system::root()
{
    return *_root;
}

result<void> file_system::usage(vfs::file_system_usage& out)
{
    const u64 used = _budget->used();
    const u64 inodes = _inodes.load(std::memory_order_relaxed);
    out = {};
    out.type_magic = type_magic;
    out.blocks = _budget->limit();
    out.free_blocks = _budget->limit() > used ? _budget->limit() - used : 0;
    out.inodes = _budget->limit();
    out.free_inodes = _budget->limit() > inodes ? _budget->limit() - inodes : 0;
    out.identity = number().minor;
    return {};
}

result<ref_ptr<symlink_inode>> symlink_inode::create(file_system& fs, std::string_view target,
                                                     const vfs::creation& how)
{
    auto text = TRY(try_make_unique<char[]>(target.size()));
    std::memcpy(text.get(), target.data(), target.size());
    return make_ref<symlink_inode>(fs, how, std::move(text), target.size());
}

result<ref_ptr<vfs::file>> create_memory_file(std::string_view name)
{
    auto* const where = TRY(unnamed_files());
    auto& fs = static_cast<file_system&>(where->fs());
    auto made = TRY(regular_inode::create(fs, {.permissions = 0777}, 0));
    char text[300];
    made->pages().set_name({text, klog::format(text, sizeof text, "/memfd:{} (deleted)", name)});
    auto entry = TRY(vfs::dentry::create(*where, &where->root(), name, std::move(made)));
    entry->mark_deleted();
    return TRY(make_ref<memory_file>(vfs::path(std::move(entry)), vfs::open_flag::read_write));
}

result<ref_ptr<mm::memory_object>> create_shared_memory(u64 size)
{
    auto* const where = TRY(unnamed_files());
    auto pages = TRY(make_ref<file_pages>(static_cast<file_system&>(where->fs()).budget()));
    pages->set_name("/dev/zero (deleted)");
    pages->extend(size);
    return pages;
}
} // namespace tmpfs
