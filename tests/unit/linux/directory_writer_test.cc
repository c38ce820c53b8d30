// Directory records as the C library reads them.
#include <gtest/gtest.h>

#include <cstring>
#include <dirent.h>
#include <string>
#include <vector>

#include "linux/files/directory_writer.hh"

TEST(directory_writer, writes_what_the_c_library_reads)
{
    // Room behind what is written, because a dirent64 is declared with the longest name.
    alignas(8) std::byte buffer[64 + sizeof(dirent64)];
    linux::directory_writer writer(std::span<std::byte>(buffer, 64),
                                   linux::directory_writer::format::entries_64);
    EXPECT_TRUE(writer.add({"a", 7, vfs::file_type::regular, 3}));
    EXPECT_TRUE(writer.add({"directory", 8, vfs::file_type::directory, 4}));
    EXPECT_FALSE(writer.add({"no room any more", 9, vfs::file_type::regular, 5}));
    EXPECT_TRUE(writer.refused());
    EXPECT_EQ(writer.bytes_written(), 56u);

    const auto* first = reinterpret_cast<const dirent64*>(buffer);
    EXPECT_EQ(first->d_ino, 7u);
    EXPECT_EQ(first->d_off, 3);
    EXPECT_EQ(first->d_reclen, 24);
    EXPECT_EQ(first->d_type, DT_REG);
    EXPECT_STREQ(first->d_name, "a");
    const auto* second = reinterpret_cast<const dirent64*>(buffer + 24);
    EXPECT_EQ(second->d_type, DT_DIR);
    EXPECT_EQ(second->d_reclen, 32);
    EXPECT_STREQ(second->d_name, "directory");
}

TEST(directory_writer, the_old_format_has_the_type_at_the_end)
{
    std::byte buffer[24];
    linux::directory_writer writer(buffer, linux::directory_writer::format::old_entries);
    EXPECT_TRUE(writer.add({"abc", 7, vfs::file_type::symlink, 3}));
    EXPECT_STREQ(reinterpret_cast<const char*>(buffer) + 18, "abc");
    EXPECT_EQ(buffer[23], std::byte{DT_LNK});
}
