// Files and directories of tmpfs: holes, truncation, limits, positions, faults of the caller's memory.
#include "tests/unit/fs/support.hh"

#include <cstring>
#include <thread>

#include "arch/user_copy.hh"
#include "core/mm/layout.hh"
#include "core/mm/memory_object.hh"
#include "fs/tmpfs/tmpfs.hh"
#include "tests/unit/fs/memory.hh"

using namespace test;
namespace flag = vfs::open_flag;

namespace
{
TEST(tmpfs, holes_and_truncation)
{
    const auto d = fresh_directory();
    auto f = open_file(d, "f", flag::read_write | flag::create);
    ASSERT_EQ(error_of(f->truncate(1 << 20)), 0);
    EXPECT_EQ(attributes_of(f->where()).blocks, 0u);
    EXPECT_EQ(read_at(*f, (1 << 20) - 3, 10), std::string(3, '\0'));
    ASSERT_EQ(error_of(f->seek(8192 + 5, vfs::seek_origin::start)), 0);
    EXPECT_EQ(write_to(*f, "data"), 4u);
    EXPECT_EQ(attributes_of(f->where()).blocks, 8u);
    EXPECT_EQ(f->seek(0, vfs::seek_origin::data).take(), 8192u);
    EXPECT_EQ(f->seek(8192, vfs::seek_origin::hole).take(), 12288u);
    EXPECT_EQ(error_of(f->seek(12288, vfs::seek_origin::data)), ENXIO);
    EXPECT_EQ(error_of(f->seek(1 << 20, vfs::seek_origin::hole)), ENXIO);
    ASSERT_EQ(error_of(f->truncate(8192 + 6)), 0);
    ASSERT_EQ(error_of(f->truncate(8192 + 100)), 0);
    EXPECT_EQ(read_at(*f, 8192 + 4, 5), std::string("\0d\0\0\0", 5)); // what was cut off does not come back
    ASSERT_EQ(error_of(f->truncate(0)), 0);
    EXPECT_EQ(attributes_of(f->where()).blocks, 0u);
    EXPECT_EQ(error_of(f->seek(-1, vfs::seek_origin::start)), EINVAL);
    EXPECT_EQ(error_of(f->seek(0, static_cast<vfs::seek_origin>(9))), EINVAL);
}

TEST(tmpfs, allocation)
{
    const auto d = fresh_directory();
    auto f = open_file(d, "f", flag::read_write | flag::create);
    ASSERT_EQ(error_of(f->allocate(0, 0, 10000)), 0);
    EXPECT_EQ(attributes_of(f->where()).size, 10000u);
    EXPECT_EQ(attributes_of(f->where()).blocks, 24u);
    ASSERT_EQ(error_of(f->allocate(vfs::allocate_flag::keep_size, 10000, 10000)), 0);
    EXPECT_EQ(attributes_of(f->where()).size, 10000u);
    EXPECT_EQ(write_to(*f, std::string(10000, 'x')), 10000u);
    using namespace vfs::allocate_flag;
    ASSERT_EQ(error_of(f->allocate(punch_hole | keep_size, 100, 9000)), 0);
    EXPECT_EQ(read_at(*f, 99, 3), std::string("x\0\0", 3));
    EXPECT_EQ(read_at(*f, 9099, 2), std::string("\0x", 2));
    EXPECT_EQ(error_of(f->allocate(punch_hole, 0, 1)), EOPNOTSUPP);
    EXPECT_EQ(error_of(f->allocate(0, 0, 0)), EINVAL);
    ASSERT_EQ(error_of(f->allocate(punch_hole | keep_size, 9100, 10)), 0);
    EXPECT_EQ(read_at(*f, 9099, 2), std::string("\0\0", 2));
}

TEST(tmpfs, limit)
{
    const auto d = fresh_directory();
    ASSERT_EQ(error_of(vfs::make_directory(d, "small", 0755)), 0);
    const u64 before = frames_in_use();
    auto fs = tmpfs::file_system::create({.page_limit = 4}).take();
    ASSERT_EQ(error_of(vfs::mount::create(vfs::resolve(d, "small").take(), fs, {})), 0);
    {
        auto f = open_file(d, "small/f", flag::read_write | flag::create);
        EXPECT_EQ(write_to(*f, std::string(20000, 'x')), 16384u); // as far as it goes
        auto buffer = io_buffer::of_kernel(std::as_bytes(std::span("y")));
        EXPECT_EQ(error_of(f->write(buffer)), ENOSPC);
        vfs::file_system_usage usage;
        ASSERT_EQ(error_of(fs->usage(usage)), 0);
        EXPECT_EQ(usage.free_blocks, 0u);
        EXPECT_EQ(usage.blocks, 4u);
        ASSERT_EQ(error_of(vfs::unlink(d, "small/f")), 0);
        EXPECT_EQ(read_at(*f, 0, 3), "xxx");
    }
    EXPECT_EQ(frames_in_use(), before);
}

TEST(tmpfs, append_is_atomic)
{
    const auto d = fresh_directory();
    open_file(d, "log", flag::write_only | flag::create);
    std::vector<std::thread> writers;
    for (int t = 0; t < 4; t++)
        writers.emplace_back([&d, t] {
            auto f = open_file(d, "log", flag::write_only | flag::append);
            for (int i = 0; i < 200; i++)
                write_to(*f, std::string(37, static_cast<char>('a' + t)) + "\n");
        });
    for (auto& w : writers)
        w.join();
    const auto all = read_file(d, "log");
    ASSERT_EQ(all.size(), 4u * 200 * 38);
    for (size_t at = 0; at < all.size(); at += 38)
        EXPECT_EQ(all.substr(at, 38), std::string(37, all[at]) + "\n");
}

TEST(tmpfs, faults_of_the_caller)
{
    const auto d = fresh_directory();
    auto f = open_file(d, "f", flag::read_write | flag::create);
    std::string memory(10000, 'm');
    host_test::set_unmapped_range(memory.data() + 5000, 10);
    const auto address = virt_addr(reinterpret_cast<u64>(memory.data()));
    io_buffer out(io_buffer::memory::application, address, memory.size());
    EXPECT_EQ(f->write(out).value_or(0), 5000u);
    io_buffer bad(io_buffer::memory::application, address + 5003, 100);
    EXPECT_EQ(error_of(f->write(bad)), EFAULT);
    io_buffer in(io_buffer::memory::application, address + 4000, 3000);
    EXPECT_EQ(f->read_at(0, in).value_or(0), 1000u);
    io_buffer nothing(io_buffer::memory::application, address + 5003, 100);
    EXPECT_EQ(error_of(f->read_at(0, nothing)), EFAULT);
    host_test::set_unmapped_range(nullptr, 0);
    EXPECT_EQ(attributes_of(f->where()).size, 5000u);
    const io_buffer::segment pieces[] = {{address, 3}, {address, 0}, {address + 10, 4}};
    io_buffer scattered(io_buffer::memory::application, pieces);
    EXPECT_EQ(f->write_at(0, scattered).value_or(0), 7u);
}

TEST(tmpfs, mapped_pages_are_the_file)
{
    const auto d = fresh_directory();
    auto f = open_file(d, "f", flag::read_write | flag::create);
    write_to(*f, std::string(5000, 'a'));
    auto pages = f->memory_object().take();
    EXPECT_EQ(pages->size(), 5000u);
    EXPECT_EQ(error_of(pages->page(2, mm::access::read)), ENXIO);
    {
        auto second = pages->page(1, mm::access::write).take();
        std::memset(mm::to_virtual<char>(second.frame()), 'b', 4);
        EXPECT_EQ(read_at(*f, 4095, 3), "abb");
        // Truncation takes the page away from the file at once, from the holder only when it lets go.
        const u64 unmaps = unmap_calls();
        ASSERT_EQ(error_of(f->truncate(100)), 0);
        EXPECT_GT(unmap_calls(), unmaps);
        ASSERT_EQ(error_of(f->truncate(5000)), 0);
        EXPECT_EQ(read_at(*f, 4095, 3), std::string(3, '\0'));
        EXPECT_EQ(mm::to_virtual<char>(second.frame())[0], 'b');
    }
    EXPECT_FALSE(pages->page_if_present(1));
}

TEST(tmpfs, listing_while_the_directory_changes)
{
    const auto d = fresh_directory();
    for (int i = 0; i < 100; i++)
        write_file(d, "f" + std::to_string(i), "");
    auto listing = open_file(d, ".", flag::read_only);
    auto first = list(*listing, 52); // ".", ".." and 50 files
    ASSERT_EQ(first.size(), 52u);
    const u64 here = first.back().next;
    for (int i = 0; i < 60; i++)
        ASSERT_EQ(error_of(vfs::unlink(d, "f" + std::to_string(i))), 0);
    write_file(d, "late", "");
    const auto rest = list(*listing);
    ASSERT_EQ(rest.size(), 41u);
    EXPECT_EQ(rest.front().name, "f60");
    EXPECT_EQ(rest.back().name, "late");
    ASSERT_EQ(error_of(listing->seek(static_cast<s64>(here), vfs::seek_origin::start)), 0); // seekdir
    EXPECT_EQ(list(*listing, 1).front().name, "f60");
    ASSERT_EQ(error_of(listing->seek(0, vfs::seek_origin::start)), 0);
    EXPECT_EQ(list(*listing).size(), 43u);
}

TEST(tmpfs, memory_files)
{
    root();
    auto f = tmpfs::create_memory_file("name").take();
    EXPECT_EQ(write_to(*f, "abc"), 3u);
    char text[64];
    const auto length = f->describe(text).take();
    EXPECT_EQ(std::string(text, length), "/memfd:name (deleted)");
    EXPECT_EQ(attributes_of(f->where()).links, 0u);
}
} // namespace
