// Control lines: what the host says over the control stream.
#include <gtest/gtest.h>

#include <string>
#include <vector>

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
