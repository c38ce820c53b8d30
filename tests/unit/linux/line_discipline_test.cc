#include "linux/streams/line_discipline.hh"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "linux/abi/signal.hh"

namespace
{
using namespace linux;

struct screen final : line_discipline::peer {
    void echo(std::string_view bytes) override { shown += bytes; }
    void raise(int signal) override { signals.push_back(signal); }
    void set_stopped(bool on) override { stopped = on; }
    std::string shown;
    std::vector<int> signals;
    bool stopped = false;
};

struct keyboard {
    screen s;
    line_discipline d{s};

    void type(std::string_view text)
    {
        for (const char c : text)
            d.receive(static_cast<u8>(c));
    }
    std::string read(size_t limit = 1000)
    {
        std::vector<u8> buffer(limit);
        const size_t n = d.take(buffer);
        return {buffer.begin(), buffer.begin() + static_cast<long>(n)};
    }
    std::string write(std::string_view text)
    {
        std::string out;
        d.format_output(text, [&](std::string_view bytes) { out += bytes; });
        return out;
    }
    template <class Change>
    void settings(Change change)
    {
        termios t = d.settings();
        change(t);
        d.set(t);
    }
};
} // namespace

TEST(line_discipline, reads_whole_lines)
{
    keyboard k;
    k.type("abc");
    EXPECT_FALSE(k.d.readable(1));
    k.type("\rsecond\n");
    EXPECT_TRUE(k.d.readable(1));
    EXPECT_EQ(k.d.available(), 11u);
    EXPECT_EQ(k.read(2), "ab");
    EXPECT_EQ(k.read(), "c\n");
    EXPECT_EQ(k.read(), "second\n");
    EXPECT_FALSE(k.d.readable(1));
    EXPECT_EQ(k.s.shown, "abc\r\nsecond\r\n");
}

TEST(line_discipline, erases)
{
    keyboard k;
    k.type("ab\x7f\x7f\x7f"
           "c\n");
    EXPECT_EQ(k.read(), "c\n");
    EXPECT_EQ(k.s.shown, "ab\b \b\b \bc\r\n");
    k.s.shown.clear();
    k.type("one two  \x17x\n"); // word
    EXPECT_EQ(k.read(), "one x\n");
    k.type("gone\x15kept\n"); // line
    EXPECT_EQ(k.read(), "kept\n");
}

TEST(line_discipline, erases_whole_characters_of_utf8)
{
    keyboard k;
    k.type("a\xc3\xa4\x7f\n");
    EXPECT_EQ(k.read(), "a\n");
}

TEST(line_discipline, a_control_character_is_wiped_as_two)
{
    keyboard k;
    k.type("\x16\x01\x7f\n"); // quoted ^A
    EXPECT_EQ(k.read(), "\n");
    EXPECT_EQ(k.s.shown, "^\b^A\b \b\b \b\r\n");
}

TEST(line_discipline, end_of_file)
{
    keyboard k;
    k.type("\x04");
    EXPECT_TRUE(k.d.readable(1));
    EXPECT_EQ(k.d.available(), 0u);
    EXPECT_EQ(k.read(), "");
    EXPECT_FALSE(k.d.readable(1));
    k.type("part\x04");
    EXPECT_EQ(k.read(), "part");
    k.type("more\n");
    EXPECT_EQ(k.read(), "more\n");
}

TEST(line_discipline, closed)
{
    keyboard k;
    k.type("rest");
    k.d.close();
    EXPECT_EQ(k.read(), "rest");
    EXPECT_TRUE(k.d.readable(1));
    EXPECT_EQ(k.read(), "");
    k.type("x\n");
    EXPECT_EQ(k.read(), "");
}

TEST(line_discipline, keys_that_are_signals)
{
    keyboard k;
    k.type("lost\x03\x1c\x1a");
    EXPECT_EQ(k.s.signals, (std::vector<int>{sigint, sigquit, sigtstp}));
    EXPECT_EQ(k.s.shown, "lost^C^\\^Z");
    k.type("\n");
    EXPECT_EQ(k.read(), "\n");
    k.settings([](termios& t) { t.local &= ~isig; });
    k.type("\x03\n");
    EXPECT_EQ(k.read(), "\x03\n");
}

TEST(line_discipline, flow_control)
{
    keyboard k;
    k.type("\x13");
    EXPECT_TRUE(k.s.stopped);
    k.type("x");
    EXPECT_TRUE(k.s.stopped);
    k.type("\x11");
    EXPECT_FALSE(k.s.stopped);
    k.type("\x13");
    k.settings([](termios& t) { t.input &= ~ixon; });
    EXPECT_FALSE(k.s.stopped);
}

TEST(line_discipline, raw_mode)
{
    keyboard k;
    k.settings([](termios& t) {
        t.local &= ~(icanon | echo | isig | iexten);
        t.input &= ~(icrnl | ixon);
    });
    k.type("a\r\x03\x7f");
    EXPECT_TRUE(k.d.readable(4));
    EXPECT_FALSE(k.d.readable(5));
    EXPECT_EQ(k.read(2), "a\r");
    EXPECT_EQ(k.read(), "\x03\x7f");
    EXPECT_EQ(k.s.shown, "");
}

TEST(line_discipline, the_mode_changes_with_a_line_in_the_making)
{
    keyboard k;
    k.type("half");
    k.settings([](termios& t) { t.local &= ~icanon; });
    EXPECT_EQ(k.read(), "half");
    k.type("x");
    k.settings([](termios& t) { t.local |= icanon; });
    EXPECT_EQ(k.read(), "x");
}

TEST(line_discipline, a_full_line_can_still_be_ended)
{
    keyboard k;
    k.settings([](termios& t) { t.local &= ~echo; });
    for (size_t i = 0; i < line_discipline::capacity + 100; i++)
        k.type("x");
    EXPECT_FALSE(k.d.readable(1));
    k.type("\n");
    EXPECT_EQ(k.read(line_discipline::capacity).size(), line_discipline::capacity);
}

TEST(line_discipline, input_newlines)
{
    keyboard k;
    k.settings([](termios& t) { t.input = igncr; });
    k.type("a\rb\n");
    EXPECT_EQ(k.read(), "ab\n");
    k.settings([](termios& t) {
        t.input = inlcr;
        t.characters[veol] = '\r';
    });
    k.type("a\n");
    EXPECT_EQ(k.read(), "a\r");
}

TEST(line_discipline, output_newlines)
{
    keyboard k;
    EXPECT_EQ(k.write("a\nb\rc\n\n"), "a\r\nb\rc\r\n\r\n");
    k.settings([](termios& t) { t.output = opost | ocrnl; });
    EXPECT_EQ(k.write("a\rb\n"), "a\nb\n");
    k.settings([](termios& t) { t.output = opost | onocr; });
    EXPECT_EQ(k.write("\n\ra\r"), "\na\r");
    k.settings([](termios& t) { t.output = 0; });
    EXPECT_EQ(k.write("a\n\r"), "a\n\r");
}
