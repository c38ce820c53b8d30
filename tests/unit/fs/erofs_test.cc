// EROFS against the tool that makes its images: trees of the host are packed by mkfs.erofs, and every file,
// attribute and listing is compared with the host's. Then the same images, damaged.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/device/block_device.hh"
#include "core/mm/layout.hh"
#include "core/mm/memory_object.hh"
#include "fs/erofs/disk_medium.hh"
#include "fs/erofs/erofs.hh"
#include "tests/unit/fs/memory.hh"
#include "tests/unit/fs/support.hh"

using namespace test;
namespace flag = vfs::open_flag;
namespace stdfs = std::filesystem;

namespace
{
/// A folder of the host that goes away.
struct temporary_folder {
    stdfs::path path;
    temporary_folder()
    {
        char name[] = "/tmp/kiln-erofs-XXXXXX";
        path = mkdtemp(name);
    }
    ~temporary_folder() { stdfs::remove_all(path); }
};

std::string random_bytes(size_t count, unsigned seed)
{
    std::mt19937 engine(seed);
    std::string bytes(count, 0);
    for (auto& b : bytes)
        b = static_cast<char>(engine());
    return bytes;
}

void put(const stdfs::path& where, std::string_view bytes)
{
    std::ofstream(where, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void make_tree(const stdfs::path& top)
{
    stdfs::create_directories(top / "sub/deeper/still");
    stdfs::create_directories(top / "empty");
    stdfs::create_directories(top / "many");
    unsigned seed = 1;
    for (const size_t size : {0, 1, 100, 2000, 4095, 4096, 4097, 8192, 10000, 100000, 1000000})
        put(top / ("size" + std::to_string(size)), random_bytes(size, seed++));
    for (int i = 0; i < 700; i++)
        put(top / "many" / ("entry-with-a-longer-name-" + std::to_string(i * 7919 % 1000)),
            std::to_string(i));
    put(top / "sub/deeper/still" / std::string(200, 'n'), "long name");
    stdfs::create_symlink("sub/deeper", top / "link");
    stdfs::create_symlink(std::string(3000, 'x'), top / "longlink");
    stdfs::create_hard_link(top / "size10000", top / "sub/hard");
    mkfifo((top / "fifo").c_str(), 0600);
    chmod((top / "size100").c_str(), 04755);
    chmod((top / "size1").c_str(), 0);
    if (getuid() == 0) {
        mknod((top / "device").c_str(), S_IFCHR | 0640, makedev(260, 70000));
        (void)!lchown((top / "size2000").c_str(), 70000, 80000);
    }
}

/// The bytes of an image, page-aligned as a boot module is.
struct image {
    std::byte* data = nullptr;
    size_t size = 0;
    image(const stdfs::path& tree, const std::string& options)
    {
        const temporary_folder folder;
        const auto file = folder.path / "image";
        const auto command =
            "mkfs.erofs " + options + " " + file.string() + " " + tree.string() + " >/dev/null 2>&1";
        if (std::system(command.c_str()) != 0)
            return;
        size = stdfs::file_size(file);
        data = static_cast<std::byte*>(std::aligned_alloc(page_size, align_up(size, page_size)));
        std::ifstream(file, std::ios::binary)
            .read(reinterpret_cast<char*>(data), static_cast<std::streamsize>(size));
    }
    ~image() { std::free(data); }
    std::span<std::byte> bytes() const { return {data, size}; }
};

class memory_disk final : public block_device
{
  public:
    explicit memory_disk(std::span<std::byte> bytes) : _bytes(bytes) {}
    std::string_view name() const override { return "memory"; }
    u64 sector_count() const override { return _bytes.size() / sector_size; }
    bool read_only() const override { return true; }
    result<void> read(u64 first, std::span<std::byte> buffer) override
    {
        requests++;
        if (first * sector_size + buffer.size() > _bytes.size() || buffer.size() % sector_size)
            return fail(errc::eio);
        if (bad_sector >= first && bad_sector < first + buffer.size() / sector_size)
            return fail(errc::eio);
        std::memcpy(buffer.data(), _bytes.data() + first * sector_size, buffer.size());
        return {};
    }
    result<void> write(u64, std::span<const std::byte>) override { return fail(errc::erofs); }
    result<void> flush() override { return {}; }

    u64 bad_sector = ~u64{0};
    int requests = 0;

  private:
    std::span<std::byte> _bytes;
};

vfs::path mount_image(ref_ptr<erofs::medium> medium)
{
    const auto d = fresh_directory();
    auto fs = erofs::file_system::mount(std::move(medium));
    EXPECT_EQ(error_of(fs), 0);
    EXPECT_EQ(error_of(vfs::mount::create(d, fs.take(), {.source = "image", .read_only = true})), 0);
    return vfs::resolve(root(), path_of(d)).take();
}

std::string mapped_content(vfs::inode& node)
{
    auto pages = node.memory_object().take();
    std::string all;
    for (u64 at = 0; at < pages->size(); at += page_size) {
        auto page = pages->page(at >> page_shift, mm::access::read);
        if (!page)
            return "error";
        const auto length = std::min<u64>(page_size, pages->size() - at);
        all.append(mm::to_virtual<char>(page->frame()), length);
        for (u64 i = length; i < page_size; i++)
            if (mm::to_virtual<char>(page->frame())[i] != 0)
                return "not zero behind the end";
    }
    return all;
}

void compare(const vfs::path& ours, const stdfs::path& theirs)
{
    struct stat host;
    ASSERT_EQ(lstat(theirs.c_str(), &host), 0);
    const auto mine = attributes_of(ours);
    EXPECT_EQ(mine.mode, host.st_mode) << theirs;
    EXPECT_EQ(mine.user, host.st_uid) << theirs;
    EXPECT_EQ(mine.group, host.st_gid) << theirs;
    EXPECT_EQ(mine.links, host.st_nlink) << theirs;
    if (S_ISREG(host.st_mode)) {
        EXPECT_EQ(mine.modified.second, host.st_mtim.tv_sec) << theirs;
        EXPECT_EQ(mine.size, static_cast<u64>(host.st_size)) << theirs;
        std::ifstream in(theirs, std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(in)), {});
        EXPECT_EQ(read_file(ours, "/" + path_of(ours)), bytes) << theirs;
        EXPECT_EQ(mapped_content(ours.inode()), bytes) << theirs;
    } else if (S_ISLNK(host.st_mode)) {
        EXPECT_EQ(ours.inode().read_link().take().text, stdfs::read_symlink(theirs).string());
    } else if (S_ISCHR(host.st_mode)) {
        EXPECT_EQ(mine.device, (vfs::device_number{major(host.st_rdev), minor(host.st_rdev)}));
    } else if (S_ISDIR(host.st_mode)) {
        std::vector<std::string> names;
        for (const auto& e : stdfs::directory_iterator(theirs))
            names.push_back(e.path().filename());
        std::sort(names.begin(), names.end());
        EXPECT_EQ(names_in(ours), names) << theirs;
        for (const auto& name : names) {
            auto child = vfs::resolve(ours, name, vfs::final_link::keep);
            ASSERT_EQ(error_of(child), 0) << theirs << "/" << name;
            compare(child.value(), theirs / name);
        }
        EXPECT_EQ(error_of(vfs::resolve(ours, "entry-with-a-longer-name-")), ENOENT);
        EXPECT_EQ(error_of(vfs::resolve(ours, "\x01")), ENOENT);
        EXPECT_EQ(error_of(vfs::resolve(ours, "zzzz")), ENOENT);
    }
}

class erofs_images : public testing::TestWithParam<std::string>
{
};

TEST_P(erofs_images, in_memory_equals_the_host)
{
    const temporary_folder tree;
    make_tree(tree.path);
    const image packed(tree.path, GetParam());
    ASSERT_NE(packed.size, 0u);
    const u64 before = frames_in_use();
    const auto top = mount_image(make_ref<erofs::memory_medium>(packed.bytes()).take());
    compare(top, tree.path);
    // Whole blocks are not copied: only tails got frames.
    EXPECT_LT(frames_in_use() - before, 900u);
    auto big = vfs::resolve(top, "size1000000").take().inode().memory_object().take();
    const auto* first = mm::to_virtual<std::byte>(big->page(0, mm::access::read).take().frame());
    EXPECT_TRUE(first >= packed.data && first < packed.data + packed.size);
    EXPECT_EQ(vfs::resolve(top, "size10000").take().inode().number(),
              vfs::resolve(top, "sub/hard").take().inode().number());
    EXPECT_EQ(&vfs::resolve(top, "size10000").take().inode(), &vfs::resolve(top, "sub/hard").take().inode());
    const auto held = vfs::resolve(top, "many").take();
    auto listing = open_file(held, ".", flag::read_only);
    const auto part = list(*listing, 300);
    ASSERT_EQ(error_of(listing->seek(static_cast<s64>(part[99].next), vfs::seek_origin::start)), 0);
    EXPECT_EQ(list(*listing, 1).front().name, part[100].name);
}

TEST_P(erofs_images, on_a_disk_equals_the_host)
{
    const temporary_folder tree;
    make_tree(tree.path);
    const image packed(tree.path, GetParam());
    ASSERT_NE(packed.size, 0u);
    memory_disk disk(packed.bytes());
    auto pages = make_ref<cache::device_cache>(disk, u64{0}, packed.size).take();
    compare(mount_image(make_ref<erofs::disk_medium>(pages).take()), tree.path);
}

INSTANTIATE_TEST_SUITE_P(options, erofs_images,
                         testing::Values("", "-Enoinline_data", "-x-1 -Eforce-inode-extended",
                                         "--chunksize=4096", "--chunksize=65536"));

TEST(erofs_disk, reads_ahead_and_reports_bad_sectors)
{
    const temporary_folder tree;
    put(tree.path / "file", random_bytes(1 << 20, 7));
    const image packed(tree.path, "");
    memory_disk disk(packed.bytes());
    auto pages = make_ref<cache::device_cache>(disk, u64{0}, packed.size).take();
    const auto top = mount_image(make_ref<erofs::disk_medium>(pages).take());
    auto f = open_file(top, "file", flag::read_only);
    disk.requests = 0;
    EXPECT_EQ(read_from(*f, 1 << 20), random_bytes(1 << 20, 7));
    EXPECT_LT(disk.requests, 20);

    // The same image once more, so that nothing is cached: one page of the file cannot be read.
    auto again = make_ref<cache::device_cache>(disk, u64{0}, packed.size).take();
    const auto second = mount_image(make_ref<erofs::disk_medium>(again).take());
    auto g = open_file(second, "file", flag::read_only);
    const auto content = random_bytes(1 << 20, 7);
    const auto* at = std::search(packed.data, packed.data + packed.size,
                                 reinterpret_cast<const std::byte*>(content.data() + 40960),
                                 reinterpret_cast<const std::byte*>(content.data() + 45056));
    disk.bad_sector = static_cast<u64>(at - packed.data) / block_device::sector_size;
    EXPECT_EQ(read_at(*g, 0, 1 << 20).size(), 40960u);
    std::string byte(1, 0);
    auto buffer = io_buffer::of_kernel(std::as_writable_bytes(std::span(byte)));
    EXPECT_EQ(error_of(g->read_at(40960, buffer)), EIO);
    EXPECT_EQ(read_at(*g, 45056, 100), content.substr(45056, 100));
}

TEST(erofs_damage, every_bit_of_the_superblock_and_random_bytes)
{
    const temporary_folder tree;
    make_tree(tree.path);
    const image packed(tree.path, "");
    const std::vector<std::byte> good(packed.data, packed.data + packed.size);
    const auto try_all = [&] {
        auto fs = erofs::file_system::mount(make_ref<erofs::memory_medium>(packed.bytes()).take());
        if (!fs)
            return;
        auto& top = fs.value()->root();
        class sink final : public vfs::directory_sink
        {
          public:
            bool add(const vfs::directory_entry& e) override
            {
                return names.push_back(std::string(e.name)), true;
            }
            std::vector<std::string> names;
        } names;
        (void)top.list(vfs::first_cookie, names);
        for (const auto& name : names.names) {
            auto child = top.lookup(name);
            if (!child)
                continue;
            std::byte piece[4096];
            auto buffer = io_buffer::of_kernel(std::span<std::byte>(piece));
            (void)child.value()->read(0, buffer);
            (void)child.value()->read_link();
            (void)child.value()->lookup("something");
        }
    };
    for (size_t bit = 1024 * 8; bit < 1152 * 8; bit += 3) {
        packed.data[bit / 8] ^= std::byte(1 << bit % 8);
        try_all();
        packed.data[bit / 8] = good[bit / 8];
    }
    // The checksum would hide what damaged inodes and directories do.
    u32 features;
    std::memcpy(&features, packed.data + 1032, 4);
    features &= ~1u;
    std::mt19937 engine(3);
    for (int round = 0; round < 300; round++) {
        std::memcpy(packed.data, good.data(), good.size());
        std::memcpy(packed.data + 1032, &features, 4);
        for (int i = 0; i < 40; i++)
            packed.data[1152 + engine() % std::min<size_t>(good.size() - 1152, 60000)] = std::byte(engine());
        try_all();
    }
}

TEST(erofs_damage, cut_off_images)
{
    const temporary_folder tree;
    put(tree.path / "file", random_bytes(20000, 1));
    const image packed(tree.path, "");
    EXPECT_EQ(error_of(erofs::file_system::mount(
                  make_ref<erofs::memory_medium>(packed.bytes().first(8192)).take())),
              EIO);
    EXPECT_EQ(
        error_of(erofs::file_system::mount(make_ref<erofs::memory_medium>(packed.bytes().first(100)).take())),
        EINVAL);
    packed.data[1024 + 12] = std::byte{13};
    EXPECT_EQ(error_of(erofs::file_system::mount(make_ref<erofs::memory_medium>(packed.bytes()).take())),
              EOPNOTSUPP);
}
} // namespace
