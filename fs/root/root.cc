#include "fs/root/root.hh"

#include "core/log.hh"
#include "core/mm/frames.hh"
#include "core/mm/layout.hh"
#include "fs/cache/device_cache.hh"
#include "fs/cpio/unpack.hh"
#include "fs/decompress/gzip.hh"
#include "fs/devfs/devfs.hh"
#include "fs/erofs/disk_medium.hh"
#include "fs/erofs/erofs.hh"
#include "fs/root/copy.hh"
#include "fs/root/made_up_directory.hh"
#include "fs/root/partition.hh"
#include "fs/tmpfs/tmpfs.hh"
#include "fs/vfs/lookup.hh"
#include "fs/vfs/path_cache.hh"

namespace vfs
{
namespace
{
/// What the caches do when memory is short; before the first file system.
void register_reclaimers()
{
    cache::register_reclaimer();
    path_cache::register_reclaimer();
}

result<void> mount_erofs_root(ref_ptr<erofs::medium> from)
{
    const auto source = from->name(); // the mount copies it
    auto fs = TRY(erofs::file_system::mount(std::move(from)));
    TRY(mount::create_root(std::move(fs), {.source = source, .read_only = true}));
    return {};
}

result<void> unpack_root(std::span<const std::byte> archive)
{
    // The whole memory, not half of it: the files in the root are all there is.
    auto fs =
        TRY(tmpfs::file_system::create({.page_limit = mm::statistics().total, .root_permissions = 0755}));
    TRY(mount::create_root(std::move(fs), {.source = "rootfs"}));
    if (decompress::gzip::recognise(archive)) {
        auto unzipped = TRY(decompress::gzip::create(archive));
        TRY(cpio::unpack(*unzipped, root()));
    } else {
        decompress::memory_source plain(archive);
        TRY(cpio::unpack(plain, root()));
    }
    mm::release_reserved({mm::to_physical(archive.data()), archive.size()});
    return {};
}

result<path> mount_point(std::string_view directory)
{
    auto found = resolve(root(), directory);
    if (found || found.error() != errc::enoent)
        return found;
    if (!root().mount().read_only()) {
        TRY(make_directory(root(), directory, 0755));
        return resolve(root(), directory);
    }
    klog::line("root: {} is missing in the image; the directory is made up for a mount", directory);
    return make_up_directory(directory);
}
} // namespace

result<void> mount_root(std::span<const std::byte> image)
{
    register_reclaimers();
    if (decompress::gzip::recognise(image) || cpio::recognise(image))
        return unpack_root(image);
    auto from = TRY(make_ref<erofs::memory_medium>(image));
    auto mounted = mount_erofs_root(std::move(from));
    if (!mounted && mounted.error() == errc::einval)
        klog::line("root: the boot module ({} bytes) is neither an EROFS image nor a cpio archive",
                   image.size());
    return mounted;
}

result<void> mount_root(block_device& disk)
{
    register_reclaimers();
    const u64 disk_size = disk.sector_count() * block_device::sector_size;
    const disk_range whole{0, disk_size};
    for (const auto range : {result<disk_range>(whole), first_linux_partition(disk)}) {
        if (!range)
            break;
        auto pages = TRY(make_ref<cache::device_cache>(disk, range.value().first, range.value().length));
        auto from = TRY(make_ref<erofs::disk_medium>(std::move(pages)));
        auto mounted = mount_erofs_root(std::move(from));
        if (mounted || mounted.error() != errc::einval)
            return mounted;
    }
    klog::line("root: there is no EROFS on {}, nor in its first Linux partition", disk.name());
    return fail(errc::einval);
}

result<void> mount_at(std::string_view directory, ref_ptr<file_system> what, std::string_view source)
{
    const auto where = TRY(mount_point(directory));
    TRY(mount::create(where, std::move(what), {.source = source}));
    return {};
}

result<void> mount_writable(std::string_view directory)
{
    return mount_writable(directory, TRY(mount_point(directory)));
}

result<void> mount_writable(std::string_view directory, const path& content)
{
    const auto where = TRY(mount_point(directory));
    auto fs = TRY(tmpfs::file_system::create({}));
    const auto* mounted = TRY(mount::create(where, std::move(fs), {.source = "tmpfs"}));
    const auto copied = copy_contents(content, path(ref_ptr<dentry>(mounted->root())));
    if (!copied)
        klog::line("not all that the image has in {} is there: error {}", directory, copied.error());
    return {};
}

result<void> mount_standard()
{
    TRY(devfs::mount());
    for (const auto* directory : {"/tmp", "/run", "/var/tmp"})
        TRY(mount_writable(directory));
    return {};
}
} // namespace vfs
