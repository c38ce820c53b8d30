// cpio archives, plain and gzip'd, made by the host's tools where they exist and by hand where they should be
// wrong.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "fs/cpio/unpack.hh"
#include "fs/decompress/gzip.hh"
#include "tests/unit/fs/support.hh"

using namespace test;
namespace stdfs = std::filesystem;

namespace
{
struct member {
    std::string name;
    u32 mode = 0100644;
    std::string data = {};
    u32 inode = 1;
    u32 links = 1;
    u32 modified = 1000;
};

std::string archive_of(const std::vector<member>& members, bool with_trailer = true)
{
    std::string all;
    const auto add = [&](const member& m) {
        char header[111];
        std::snprintf(header, sizeof header, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X",
                      m.inode, m.mode, 3u, 4u, m.links, m.modified, m.data.size(), 0u, 0u, 1u, 3u,
                      m.name.size() + 1, 0u);
        all += header + m.name + '\0';
        all.resize(align_up(all.size(), 4), 0);
        all += m.data;
        all.resize(align_up(all.size(), 4), 0);
    };
    for (const auto& m : members)
        add(m);
    if (with_trailer)
        add({.name = "TRAILER!!!", .mode = 0});
    return all;
}

int unpack(std::string_view bytes, const vfs::path& where)
{
    const auto span = std::as_bytes(std::span(bytes));
    if (decompress::gzip::recognise(span)) {
        auto stream = decompress::gzip::create(span).take();
        return error_of(cpio::unpack(*stream, where));
    }
    decompress::memory_source plain(span);
    return error_of(cpio::unpack(plain, where));
}

std::string gzipped(const std::string& bytes)
{
    char name[] = "/tmp/kiln-cpio-XXXXXX";
    const stdfs::path folder = mkdtemp(name);
    std::ofstream(folder / "a", std::ios::binary) << bytes;
    EXPECT_EQ(std::system(("gzip -9 " + (folder / "a").string()).c_str()), 0);
    std::ifstream in(folder / "a.gz", std::ios::binary);
    std::string out((std::istreambuf_iterator<char>(in)), {});
    stdfs::remove_all(folder);
    return out;
}

std::vector<member> example()
{
    return {
        {.name = ".", .mode = 040755},
        {.name = "dir", .mode = 041777},
        {.name = "dir/file", .mode = 0100640, .data = std::string(50000, 'd') + "end"},
        {.name = "./dir/link", .mode = 0120777, .data = "file"},
        {.name = "/null", .mode = 020666},
        {.name = "hard1", .data = "", .inode = 9, .links = 2},
        {.name = "dir/hard2", .data = "both", .inode = 9, .links = 2},
    };
}

void check_example(const vfs::path& d)
{
    EXPECT_EQ(names_in(d), (std::vector<std::string>{"dir", "hard1", "null"}));
    EXPECT_EQ(read_file(d, "dir/link"), std::string(50000, 'd') + "end");
    EXPECT_EQ(read_file(d, "hard1"), "both");
    const auto file = attributes_of(vfs::resolve(d, "dir/file").take());
    EXPECT_EQ(file.mode, 0100640u);
    EXPECT_EQ(file.user, 3u);
    EXPECT_EQ(file.group, 4u);
    EXPECT_EQ(file.modified.second, 1000);
    EXPECT_EQ(attributes_of(vfs::resolve(d, "dir").take()).mode, 041777u);
    EXPECT_EQ(attributes_of(vfs::resolve(d, "hard1").take()).links, 2u);
    EXPECT_EQ(attributes_of(vfs::resolve(d, "null").take()).device, (vfs::device_number{1, 3}));
}

TEST(cpio, plain)
{
    const auto d = fresh_directory();
    ASSERT_EQ(unpack(archive_of(example()), d), 0);
    check_example(d);
}

TEST(cpio, gzip)
{
    const auto d = fresh_directory();
    ASSERT_EQ(unpack(gzipped(archive_of(example())), d), 0);
    check_example(d);
}

TEST(cpio, damaged)
{
    const auto good = archive_of(example());
    for (size_t length = 0; length < good.size() - 4; length += length < 2000 ? 7 : 997)
        EXPECT_NE(unpack(good.substr(0, length), fresh_directory()), 0) << length;
    auto zipped = gzipped(good);
    EXPECT_EQ(unpack(zipped.substr(0, zipped.size() / 2), fresh_directory()), EIO);
    zipped[zipped.size() / 2] ^= 0x55;
    EXPECT_NE(unpack(zipped, fresh_directory()), 0);
    EXPECT_EQ(unpack(archive_of({{.name = ""}}), fresh_directory()), EIO);
    EXPECT_EQ(unpack(archive_of({{.name = std::string(5000, 'x')}}), fresh_directory()), EIO);
    EXPECT_EQ(unpack(archive_of({{.name = "strange", .mode = 0}}), fresh_directory()), EIO);
    EXPECT_NE(unpack(archive_of({{.name = "missing/parent"}}), fresh_directory()), 0);
    EXPECT_EQ(unpack("070701" + std::string(200, 'z'), fresh_directory()), EIO);
}
} // namespace
