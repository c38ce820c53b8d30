#include "fs/devfs/devfs.hh"

#include "fs/root/root.hh"
#include "fs/tmpfs/tmpfs.hh"
#include "fs/vfs/lookup.hh"

namespace devfs
{
namespace
{
struct special_file {
    const char* name;
    vfs::device_number number;
    u32 permissions;
};
constexpr special_file special_files[] = {
    {"null", {1, 3}, 0666},   {"zero", {1, 5}, 0666},    {"full", {1, 7}, 0666},
    {"random", {1, 8}, 0666}, {"urandom", {1, 9}, 0666},
};

struct link {
    const char* name;
    const char* target;
};
constexpr link links[] = {
    {"fd", "/proc/self/fd"},
    {"stdin", "/proc/self/fd/0"},
    {"stdout", "/proc/self/fd/1"},
    {"stderr", "/proc/self/fd/2"},
};

constinit vfs::mount* mounted = nullptr; // set once at boot

vfs::path top()
{
    return vfs::path(ref_ptr<vfs::dentry>(mounted->root()));
}

/// `in_image`: what devfs hides.
result<void> mount_shared_memory(const result<vfs::path>& in_image)
{
    TRY(vfs::make_directory(top(), "shm", 01777));
    return in_image && in_image.value().inode().is_directory() ? vfs::mount_writable("/dev/shm", *in_image)
                                                               : vfs::mount_writable("/dev/shm");
}
} // namespace

result<void> mount()
{
    const auto shared_memory = vfs::resolve(vfs::root(), "/dev/shm");
    auto fs = TRY(tmpfs::file_system::create({.type_name = "devtmpfs", .root_permissions = 0755}));
    TRY(vfs::mount_at("/dev", std::move(fs), "devtmpfs"));
    mounted = &TRY(vfs::resolve(vfs::root(), "/dev")).mount();
    register_memory_devices();
    for (const auto& f : special_files)
        TRY(add(f.name, vfs::file_type::character, f.number, f.permissions));
    TRY(add_disks());
    for (const auto& l : links)
        TRY(vfs::make_symlink(l.target, top(), l.name));
    return mount_shared_memory(shared_memory);
}

result<void> add(std::string_view name, vfs::file_type type, vfs::device_number number, u32 permissions)
{
    return vfs::make_node(top(), name, static_cast<u32>(type) | permissions, number);
}
} // namespace devfs
