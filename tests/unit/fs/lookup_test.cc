// Path look-up and the operations on names, on tmpfs.
#include "tests/unit/fs/support.hh"

#include "fs/root/copy.hh"
#include "fs/tmpfs/tmpfs.hh"
#include "fs/vfs/path_cache.hh"

using namespace test;
namespace flag = vfs::open_flag;

namespace
{
int resolve_error(const vfs::path& base, std::string_view name)
{
    return error_of(vfs::resolve(base, name));
}

TEST(lookup, simple_names)
{
    const auto d = fresh_directory();
    ASSERT_EQ(error_of(vfs::make_directory(d, "a", 0755)), 0);
    ASSERT_EQ(error_of(vfs::make_directory(d, "a/b/", 0755)), 0);
    write_file(d, "a/b/file", "hello");
    EXPECT_EQ(read_file(d, "./a//b/../b/./file"), "hello");
    EXPECT_EQ(resolve_error(d, ""), ENOENT);
    EXPECT_EQ(resolve_error(d, "a/x"), ENOENT);
    EXPECT_EQ(resolve_error(d, "a/x/y"), ENOENT);
    EXPECT_EQ(resolve_error(d, "a/b/file/"), ENOTDIR);
    EXPECT_EQ(resolve_error(d, "a/b/file/."), ENOTDIR);
    EXPECT_EQ(resolve_error(d, "a/b/file/.."), ENOTDIR);
    EXPECT_EQ(resolve_error(d, std::string(255, 'n')), ENOENT);
    EXPECT_EQ(resolve_error(d, std::string(256, 'n')), ENAMETOOLONG);
    EXPECT_EQ(resolve_error(d, std::string(4096, '/')), ENAMETOOLONG);
    EXPECT_EQ(resolve_error(d, std::string(4095, '/')), 0);
    EXPECT_EQ(vfs::resolve(root(), "/").take(), root());
    EXPECT_EQ(vfs::resolve(root(), "../../..").take(), root());
    EXPECT_EQ(path_of(vfs::resolve(d, "a/b/file").take()), path_of(d) + "/a/b/file");
}

TEST(lookup, symbolic_links)
{
    const auto d = fresh_directory();
    ASSERT_EQ(error_of(vfs::make_directory(d, "dir", 0755)), 0);
    write_file(d, "dir/file", "content");
    ASSERT_EQ(error_of(vfs::make_symlink("dir", d, "link")), 0);
    ASSERT_EQ(error_of(vfs::make_symlink("link/file", d, "second")), 0);
    ASSERT_EQ(error_of(vfs::make_symlink(path_of(d) + "/second", d, "dir/absolute")), 0);
    ASSERT_EQ(error_of(vfs::make_symlink("loop", d, "loop")), 0);
    ASSERT_EQ(error_of(vfs::make_symlink("missing", d, "dangling")), 0);
    EXPECT_EQ(read_file(d, "second"), "content");
    EXPECT_EQ(read_file(d, "link/absolute"), "content");
    EXPECT_EQ(resolve_error(d, "loop"), ELOOP);
    EXPECT_EQ(resolve_error(d, "loop/x"), ELOOP);
    EXPECT_EQ(resolve_error(d, "dangling"), ENOENT);
    EXPECT_EQ(resolve_error(d, "second/"), ENOTDIR);
    EXPECT_TRUE(vfs::resolve(d, "link", vfs::final_link::keep).take().inode().is_symlink());
    EXPECT_TRUE(vfs::resolve(d, "link/", vfs::final_link::keep).take().inode().is_directory());
    EXPECT_EQ(error_of(vfs::open(d, "link", flag::read_only | flag::no_follow)), ELOOP);
    EXPECT_EQ(error_of(vfs::open(d, "link", flag::read_only | flag::no_follow | flag::directory)), ENOTDIR);
    // Making a file through a dangling link makes the target.
    write_file(d, "dangling", "made");
    EXPECT_EQ(read_file(d, "missing"), "made");
    EXPECT_EQ(error_of(vfs::open(d, "second", flag::read_only | flag::create | flag::exclusive)), EEXIST);
    EXPECT_EQ(error_of(vfs::make_symlink("", d, "empty")), ENOENT);
}

TEST(lookup, forty_links_but_not_more)
{
    const auto d = fresh_directory();
    write_file(d, "l0", "end");
    for (int i = 1; i <= 41; i++)
        ASSERT_EQ(error_of(vfs::make_symlink("l" + std::to_string(i - 1), d, "l" + std::to_string(i))), 0);
    EXPECT_EQ(resolve_error(d, "l40"), 0);
    EXPECT_EQ(resolve_error(d, "l41"), ELOOP);
}

TEST(lookup, open_flags)
{
    const auto d = fresh_directory();
    ASSERT_EQ(error_of(vfs::make_directory(d, "dir", 0755)), 0);
    write_file(d, "file", "12345");
    EXPECT_EQ(error_of(vfs::open(d, "new", flag::read_only)), ENOENT);
    EXPECT_EQ(error_of(vfs::open(d, "dir", flag::write_only)), EISDIR);
    EXPECT_EQ(error_of(vfs::open(d, "dir", flag::read_only | flag::create)), EISDIR);
    EXPECT_EQ(error_of(vfs::open(d, "new/", flag::read_only | flag::create)), EISDIR);
    EXPECT_EQ(error_of(vfs::open(d, "file", flag::read_only | flag::directory)), ENOTDIR);
    EXPECT_EQ(error_of(vfs::open(d, "file/x", flag::read_only | flag::create)), ENOTDIR);
    EXPECT_EQ(error_of(vfs::open(d, "file", flag::read_only | flag::create | flag::exclusive)), EEXIST);
    EXPECT_EQ(error_of(vfs::open(d, "/", flag::read_only | flag::create)), EISDIR);
    open_file(d, "file", flag::write_only | flag::truncate);
    EXPECT_EQ(attributes_of(vfs::resolve(d, "file").take()).size, 0u);
    auto by_path = open_file(d, "file", flag::path_only);
    EXPECT_TRUE(by_path->path_only());
    EXPECT_FALSE(by_path->may_read());
    auto unnamed = open_file(d, ".", flag::read_write | flag::temporary, 0600);
    EXPECT_EQ(write_to(*unnamed, "abc"), 3u);
    EXPECT_EQ(read_at(*unnamed, 0, 10), "abc");
    EXPECT_EQ(attributes_of(unnamed->where()).links, 0u);
    EXPECT_EQ(names_in(d), (std::vector<std::string>{"dir", "file"}));
    // A file may be made writable for its maker although its permissions do not say so.
    auto made = open_file(d, "readonly", flag::write_only | flag::create, 0444);
    EXPECT_EQ(write_to(*made, "x"), 1u);
}

TEST(lookup, removing)
{
    const auto d = fresh_directory();
    ASSERT_EQ(error_of(vfs::make_directory(d, "dir", 0755)), 0);
    write_file(d, "dir/file", "x");
    EXPECT_EQ(error_of(vfs::remove_directory(d, "dir")), ENOTEMPTY);
    EXPECT_EQ(error_of(vfs::unlink(d, "dir")), EISDIR);
    EXPECT_EQ(error_of(vfs::remove_directory(d, "dir/file")), ENOTDIR);
    EXPECT_EQ(error_of(vfs::remove_directory(d, "dir/.")), EINVAL);
    EXPECT_EQ(error_of(vfs::remove_directory(d, "dir/..")), ENOTEMPTY);
    EXPECT_EQ(error_of(vfs::remove_directory(d, "/")), EBUSY);
    EXPECT_EQ(error_of(vfs::unlink(d, "dir/file/")), ENOTDIR);
    EXPECT_EQ(error_of(vfs::unlink(d, "dir/nothing")), ENOENT);
    auto kept = open_file(d, "dir/file", flag::read_write);
    const auto inside = vfs::resolve(d, "dir").take();
    EXPECT_EQ(error_of(vfs::unlink(d, "dir/file")), 0);
    EXPECT_EQ(read_from(*kept, 5), "x");
    EXPECT_EQ(path_of(kept->where()), path_of(d) + "/dir/file (deleted)");
    EXPECT_EQ(error_of(vfs::remove_directory(d, "dir/")), 0);
    // In a removed directory nothing can be made or found.
    EXPECT_EQ(error_of(vfs::open(inside, "new", flag::write_only | flag::create)), ENOENT);
    EXPECT_EQ(error_of(vfs::make_directory(inside, "new", 0755)), ENOENT);
    EXPECT_EQ(resolve_error(inside, "file"), ENOENT);
    EXPECT_EQ(resolve_error(inside, ".."), 0);
}

TEST(lookup, chain_of_removed_directories)
{
    auto at = fresh_directory();
    std::vector<vfs::path> chain;
    for (int i = 0; i < 20000; i++) {
        ASSERT_EQ(error_of(vfs::make_directory(at, "d", 0755)), 0);
        chain.push_back(at);
        at = vfs::resolve(at, "d").take();
    }
    while (!chain.empty()) {
        ASSERT_EQ(error_of(vfs::remove_directory(chain.back(), "d")), 0);
        chain.pop_back();
    }
    at = vfs::path(); // the last one keeps all of them: dropping it must not recurse
}

TEST(lookup, renames)
{
    const auto d = fresh_directory();
    ASSERT_EQ(error_of(vfs::make_directory(d, "a", 0755)), 0);
    ASSERT_EQ(error_of(vfs::make_directory(d, "a/b", 0755)), 0);
    ASSERT_EQ(error_of(vfs::make_directory(d, "full", 0755)), 0);
    write_file(d, "full/x", "x");
    write_file(d, "file", "f");
    const auto move = [&](std::string_view from, std::string_view to, u32 flags = 0) {
        return error_of(vfs::rename(d, from, d, to, flags));
    };
    EXPECT_EQ(move("a", "a/b/c"), EINVAL);
    EXPECT_EQ(move("a/b", "a"), ENOTEMPTY);
    EXPECT_EQ(move("a", "full"), ENOTEMPTY);
    EXPECT_EQ(move("a", "file"), ENOTDIR);
    EXPECT_EQ(move("file", "a"), EISDIR);
    EXPECT_EQ(move("missing", "x"), ENOENT);
    EXPECT_EQ(move("file", "a/."), EBUSY);
    EXPECT_EQ(move("file", "new/"), ENOTDIR);
    EXPECT_EQ(move("file", "full/x", vfs::rename_flag::no_replace), EEXIST);
    EXPECT_EQ(move("file", "y", vfs::rename_flag::exchange), ENOENT);
    EXPECT_EQ(move("file", "y", 3), EINVAL);
    const auto b = vfs::resolve(d, "a/b").take();
    EXPECT_EQ(move("a", "moved-to-a-name-that-is-longer-than-what-fits-inline"), 0);
    EXPECT_EQ(path_of(b), path_of(d) + "/moved-to-a-name-that-is-longer-than-what-fits-inline/b");
    EXPECT_EQ(
        move("moved-to-a-name-that-is-longer-than-what-fits-inline", "file", vfs::rename_flag::exchange), 0);
    EXPECT_EQ(path_of(b), path_of(d) + "/file/b");
    EXPECT_EQ(read_file(d, "moved-to-a-name-that-is-longer-than-what-fits-inline"), "f");
    EXPECT_EQ(attributes_of(d).links, 4u);
    EXPECT_EQ(move("file/b", "full/b"), 0);
    EXPECT_EQ(attributes_of(vfs::resolve(d, "full").take()).links, 3u);
    EXPECT_EQ(attributes_of(vfs::resolve(d, "file").take()).links, 2u);
    EXPECT_EQ(error_of(vfs::link(vfs::resolve(d, "full/x").take(), d, "hard")), 0);
    EXPECT_EQ(move("full/x", "hard"), 0); // two names of one file: both stay
    EXPECT_EQ(read_file(d, "full/x"), "x");
}

TEST(lookup, mounts)
{
    const auto d = fresh_directory();
    ASSERT_EQ(error_of(vfs::make_directory(d, "mnt", 0755)), 0);
    write_file(d, "mnt/below", "covered");
    const auto covered = vfs::resolve(d, "mnt").take();
    auto fs = tmpfs::file_system::create({}).take();
    ASSERT_EQ(error_of(vfs::mount::create(covered, fs, {.source = "second", .read_only = false})), 0);
    EXPECT_EQ(error_of(vfs::mount::create(covered, fs, {})), EBUSY);
    EXPECT_EQ(resolve_error(d, "mnt/below"), ENOENT);
    write_file(d, "mnt/above", "x");
    EXPECT_EQ(read_file(d, "mnt/../mnt/./above"), "x");
    const auto above = vfs::resolve(d, "mnt/above").take();
    EXPECT_EQ(path_of(above), path_of(d) + "/mnt/above");
    EXPECT_EQ(vfs::resolve(above.parent(), "..").take(), d);
    EXPECT_EQ(error_of(vfs::rename(d, "mnt/above", d, "elsewhere", 0)), EXDEV);
    EXPECT_EQ(error_of(vfs::link(above, d, "elsewhere")), EXDEV);
    EXPECT_EQ(error_of(vfs::remove_directory(d, "mnt")), EBUSY);
    EXPECT_NE(attributes_of(above).mount_id, attributes_of(d).mount_id);
    auto listing = open_file(d, "mnt", flag::read_only);
    EXPECT_EQ(list(*listing)[1].inode_number, attributes_of(d).inode_number); // ".."
}

TEST(lookup, read_only_mount)
{
    const auto d = fresh_directory();
    ASSERT_EQ(error_of(vfs::make_directory(d, "ro", 0755)), 0);
    auto fs = tmpfs::file_system::create({}).take();
    ASSERT_TRUE(fs->root().create("file", {.permissions = 0644}));
    ASSERT_EQ(
        error_of(vfs::mount::create(vfs::resolve(d, "ro").take(), fs, {.source = "x", .read_only = true})),
        0);
    EXPECT_EQ(error_of(vfs::open(d, "ro/file", flag::read_only)), 0);
    EXPECT_EQ(error_of(vfs::open(d, "ro/file", flag::write_only)), EROFS);
    EXPECT_EQ(error_of(vfs::open(d, "ro/new", flag::write_only | flag::create)), EROFS);
    EXPECT_EQ(error_of(vfs::open(d, "ro/file", flag::read_only | flag::create | flag::exclusive)), EEXIST);
    EXPECT_EQ(error_of(vfs::make_directory(d, "ro/file", 0755)), EEXIST);
    EXPECT_EQ(error_of(vfs::make_directory(d, "ro/dir", 0755)), EROFS);
    EXPECT_EQ(error_of(vfs::unlink(d, "ro/missing")), EROFS);
    EXPECT_EQ(error_of(vfs::check_access(vfs::resolve(d, "ro/file").take(), 2)), EROFS);
    EXPECT_EQ(error_of(vfs::check_access(vfs::resolve(d, "ro/file").take(), 1)), EACCES);
    EXPECT_EQ(error_of(vfs::set_attributes(vfs::resolve(d, "ro/file").take(), {.permissions = 0})), EROFS);
}

TEST(copy, makes_everything_below)
{
    const auto d = fresh_directory();
    for (const auto* folder : {"from", "from/a", "from/a/b", "from/empty", "to"})
        ASSERT_EQ(error_of(vfs::make_directory(d, folder, 0700)), 0);
    const std::string big(100'000, 'x');
    write_file(d, "from/small", "s");
    write_file(d, "from/a/b/big", big);
    ASSERT_EQ(error_of(vfs::make_symlink("../small", d, "from/a/link")), 0);
    ASSERT_EQ(error_of(vfs::make_node(d, "from/fifo", 0010600, {})), 0);
    ASSERT_EQ(error_of(vfs::set_attributes(
                  vfs::resolve(d, "from/a").take(),
                  {.permissions = 01751, .user = 7, .group = 8, .modified = vfs::timestamp{9, 10}})),
              0);
    const auto to = vfs::resolve(d, "to").take();
    ASSERT_EQ(error_of(vfs::copy_contents(vfs::resolve(d, "from").take(), to)), 0);
    EXPECT_EQ(names_in(to), (std::vector<std::string>{"a", "empty", "fifo", "small"}));
    EXPECT_EQ(read_file(d, "to/a/b/big"), big);
    EXPECT_EQ(read_file(d, "to/a/link"), "s");
    const auto a = attributes_of(vfs::resolve(d, "to/a").take());
    EXPECT_EQ(a.mode, 0041751u);
    EXPECT_EQ(a.user, 7u);
    EXPECT_EQ(a.group, 8u);
    EXPECT_EQ(a.modified, (vfs::timestamp{9, 10}));
}

TEST(path_cache, grows_and_shrinks)
{
    const auto d = fresh_directory();
    for (int i = 0; i < 3000; i++)
        write_file(d, "file-with-number-" + std::to_string(i), "x");
    for (int i = 0; i < 3000; i++)
        EXPECT_EQ(resolve_error(d, "no-such-file-" + std::to_string(i)), ENOENT);
    const auto kept = vfs::resolve(d, "file-with-number-77").take();
    const size_t unused = vfs::path_cache::shrink(100000); // what was found again gets a second chance
    EXPECT_GT(unused + vfs::path_cache::shrink(100000), 5000u);
    EXPECT_EQ(vfs::resolve(d, "file-with-number-77").take(), kept);
    for (int i = 0; i < 3000; i += 100)
        EXPECT_EQ(read_file(d, "file-with-number-" + std::to_string(i)), "x");
}
} // namespace
