// Control lines, directory records, generated text, patterns of /proc.
#include <gtest/gtest.h>

#include <cstring>
#include <dirent.h>
#include <string>
#include <vector>

#include "linux/files/directory_writer.hh"
#include "linux/proc/pattern.hh"
#include "linux/proc/text.hh"
#include "linux/streams/control_lines.hh"

namespace
{
using linux::control_message;
using linux::parse_control_line;
} // namespace

TEST(control_lines, known_ones)
{
    using kind = control_message::kind;
    EXPECT_EQ(parse_control_line("eof 123456789012")->first, 123456789012u);
    EXPECT_EQ(parse_control_line("eof 0")->what, kind::end_of_input);
    EXPECT_EQ(parse_control_line("signal 15")->first, 15u);
    const auto window = parse_control_line("winsize 24 80");
    ASSERT_TRUE(window);
    EXPECT_EQ(window->first, 24u);
    EXPECT_EQ(window->second, 80u);
    EXPECT_EQ(parse_control_line("hangup out")->what, kind::hang_up_output);
    EXPECT_EQ(parse_control_line("hangup err")->what, kind::hang_up_error);
}

TEST(control_lines, everything_else_is_passed_over)
{
    for (const char* line : {"", " ", "eof", "eof x", "eof -1", "eof 99999999999999999999999", "signal 0",
                             "signal 65", "winsize 24", "winsize 24 70000", "hangup in", "dance 1"})
        EXPECT_FALSE(parse_control_line(line)) << line;
}

TEST(control_lines, lines_come_in_pieces)
{
    linux::line_assembler lines;
    std::vector<std::string> got;
    const auto take = [&](std::string_view line) { got.emplace_back(line); };
    lines.add("eo", take);
    lines.add("f 1\nsig", take);
    lines.add("nal 2\n\n", take);
    lines.add(std::string(1000, 'x') + "\nlast\n", take);
    EXPECT_EQ(got, (std::vector<std::string>{"eof 1", "signal 2", "", "last"}));
}

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

TEST(text, numbers_and_columns)
{
    proc::text out;
    out.hex(0xabc, 8).add(" ").hex(0x123456789a, 4).add(" ").decimal(42, 6).add("\n");
    out.add("x:").pad_to(6).line("{}", 7);
    EXPECT_EQ(out.view(), "00000abc 123456789a     42\nx:    7\n");
    out.clear();
    EXPECT_EQ(out.view(), "");
    for (int i = 0; i < 1000; i++)
        out.add("0123456789");
    EXPECT_EQ(out.view().size(), 10000u);
    EXPECT_FALSE(out.out_of_memory());
}

TEST(patterns, parts_of_a_directory)
{
    using proc::part_after;
    EXPECT_EQ(part_after("sys/kernel/version", "")->part, "sys");
    EXPECT_FALSE(part_after("sys/kernel/version", "")->is_leaf);
    EXPECT_EQ(part_after("sys/kernel/version", "sys/kernel/")->part, "version");
    EXPECT_TRUE(part_after("sys/kernel/version", "sys/kernel/")->is_leaf);
    EXPECT_FALSE(part_after("meminfo", "sys/"));
    const auto number = part_after("{pid}/fd/{fd}", "{pid}/fd/");
    ASSERT_TRUE(number && number->is_number());
    EXPECT_EQ(number->kind(), "fd");
    EXPECT_EQ(number->letters(), "");
    const auto cpu = part_after("cpu/cpu{cpu}/topology", "cpu/");
    ASSERT_TRUE(cpu && cpu->is_number());
    EXPECT_EQ(cpu->letters(), "cpu");
    EXPECT_EQ(cpu->kind(), "cpu");
}

TEST(patterns, numbers)
{
    EXPECT_EQ(proc::parse_number("17", ""), 17u);
    EXPECT_EQ(proc::parse_number("cpu3", "cpu"), 3u);
    EXPECT_EQ(proc::parse_number("0", ""), 0u);
    for (const char* bad : {"", "01", "x", "1x", "-1", "99999999999"})
        EXPECT_FALSE(proc::parse_number(bad, "")) << bad;
    EXPECT_FALSE(proc::parse_number("3", "cpu"));
}
