// An archive of arbitrary bytes, gzip'd if it begins so, unpacked into a tmpfs of limited size.
#include <cstdint>

#include "core/log.hh"
#include "fs/cpio/unpack.hh"
#include "fs/decompress/gzip.hh"
#include "fs/tmpfs/tmpfs.hh"
#include "fs/vfs/path_cache.hh"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    static const bool quiet = (klog::set_sink([](std::string_view) {}), true);
    (void)quiet;
    // Links with absolute targets lead to the root of the tree, so there must be one.
    static const bool rooted = [] {
        auto fs = tmpfs::file_system::create({.page_limit = 64});
        return vfs::mount::create_root(fs.take(), {.source = "fuzz"}).has_value();
    }();
    if (!rooted)
        return 0;
    auto fs = tmpfs::file_system::create({.page_limit = 64}).take();
    auto* const where = vfs::mount::create_detached(std::move(fs), {.source = "fuzz"}).take();
    {
        const vfs::path top(ref_ptr<vfs::dentry>(where->root()));
        const auto bytes = std::as_bytes(std::span(data, size));
        if (decompress::gzip::recognise(bytes)) {
            auto unzipped = decompress::gzip::create(bytes).take();
            (void)cpio::unpack(*unzipped, top);
        } else {
            decompress::memory_source plain(bytes);
            (void)cpio::unpack(plain, top);
        }
    }
    // Mounts are for ever, but not here: the cache lets go of the names, then the tree may go.
    vfs::path_cache::shrink(~size_t{0});
    while (vfs::path_cache::shrink(~size_t{0}) > 0)
        ;
    delete where;
    return 0;
}
