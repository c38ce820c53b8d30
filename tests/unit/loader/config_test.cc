#include "core/boot/config.hh"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace
{
std::vector<std::string> all(const boot::value_range& range)
{
    std::vector<std::string> values;
    for (const auto value : range)
        values.emplace_back(value);
    return values;
}

struct parsed {
    explicit parsed(std::string s) : text(std::move(s)) { config.add({text.data(), text.size() + 1}); }
    std::string text;
    boot::config config;
};
} // namespace

TEST(config, network)
{
    parsed p("kiln.ip=10.0.2.15/24,10.0.2.2 kiln.ip=dhcp kiln.nameserver=10.0.2.3");
    EXPECT_EQ(p.config.bad_word, "");
    EXPECT_EQ(p.config.addresses().count(), 2u);
    EXPECT_EQ(*p.config.addresses().begin(), "10.0.2.15/24,10.0.2.2");
    EXPECT_EQ(*p.config.name_servers().begin(), "10.0.2.3");
}

TEST(config, words_of_the_protocol)
{
    parsed p("kiln.root=disk kiln.stdin=tty kiln.stdout=null kiln.winsize=24x80 kiln.verbose kiln.cwd=/srv "
             "kiln.config=fw_cfg");
    EXPECT_EQ(p.config.root, boot::root_kind::disk);
    EXPECT_EQ(p.config.standard_input, boot::stream_kind::tty);
    EXPECT_EQ(p.config.standard_output, boot::stream_kind::null);
    EXPECT_EQ(p.config.standard_error, boot::stream_kind::pipe);
    EXPECT_EQ(p.config.window.rows, 24);
    EXPECT_EQ(p.config.window.columns, 80);
    EXPECT_TRUE(p.config.verbose);
    EXPECT_TRUE(p.config.continued_in_fw_cfg);
    EXPECT_EQ(p.config.working_directory, "/srv");
    EXPECT_EQ(p.config.working_directory.data()[4], '\0');
    EXPECT_TRUE(p.config.bad_word.empty());
}

TEST(config, nothing_given)
{
    parsed p("");
    EXPECT_EQ(p.config.root, boot::root_kind::unspecified);
    EXPECT_EQ(p.config.working_directory, "/");
    EXPECT_TRUE(p.config.arguments().empty());
}

TEST(config, repeated_keys_keep_their_order)
{
    parsed p("kiln.arg=a kiln.env=X=1 kiln.arg=b kiln.arg= kiln.env=Y=a=b");
    EXPECT_EQ(all(p.config.arguments()), (std::vector<std::string>{"a", "b", ""}));
    EXPECT_EQ(all(p.config.environment()), (std::vector<std::string>{"X=1", "Y=a=b"}));
    EXPECT_EQ(p.config.arguments().count(), 3u);
}

TEST(config, values_end_with_a_zero)
{
    parsed p("kiln.arg=one kiln.arg=two");
    for (const auto value : p.config.arguments())
        EXPECT_EQ(value.data()[value.size()], '\0');
}

TEST(config, percent_escapes)
{
    parsed p("kiln.arg=a%20b%25%22%c3%A4 kiln.arg=100% kiln.arg=%zz kiln.arg=x%00y");
    EXPECT_EQ(all(p.config.arguments()),
              (std::vector<std::string>{"a b%\"\xc3\xa4", "100%", "%zz", "x%00y"}));
}

TEST(config, continuation_and_command_file)
{
    parsed p("kiln.arg=a kiln.root=ram");
    std::string more = "kiln.arg=b\nkiln.arg=c\n";
    EXPECT_TRUE(p.config.add({more.data(), more.size()}));
    std::string third = "kiln.arg=d";
    EXPECT_TRUE(p.config.add({third.data(), third.size() + 1}));
    EXPECT_FALSE(p.config.add({third.data(), third.size() + 1}));
    EXPECT_EQ(all(p.config.arguments()), (std::vector<std::string>{"a", "b", "c", "d"}));
}

TEST(config, foreign_words_are_passed_over)
{
    parsed p("console=ttyS0 reboot=k quiet kiln.arg=x");
    EXPECT_TRUE(p.config.bad_word.empty());
    EXPECT_EQ(p.config.arguments().count(), 1u);
}

TEST(config, the_first_bad_word_is_remembered)
{
    EXPECT_EQ(parsed("kiln.root=floppy kiln.stdin=x").config.bad_word, "kiln.root=floppy");
    EXPECT_EQ(parsed("kiln.unknown=1").config.bad_word, "kiln.unknown=1");
    EXPECT_EQ(parsed("kiln.winsize=80").config.bad_word, "kiln.winsize=80");
    EXPECT_EQ(parsed("kiln.winsize=1x70000").config.bad_word, "kiln.winsize=1x70000");
    EXPECT_EQ(parsed("kiln.cwd=relative").config.bad_word, "kiln.cwd=relative");
}

TEST(config, virtio_mmio_devices)
{
    parsed p("virtio_mmio.device=512@0xfeb00e00:12 virtio_mmio.device=4K@0xfeb01000:13:7");
    std::vector<boot::mmio_device_hint> hints;
    for (const auto value : p.config.mmio_devices())
        hints.push_back(*boot::parse_mmio_device(value));
    ASSERT_EQ(hints.size(), 2u);
    EXPECT_EQ(hints[0].size, 512u);
    EXPECT_EQ(hints[0].address.value, 0xfeb00e00u);
    EXPECT_EQ(hints[0].interrupt, 12u);
    EXPECT_EQ(hints[1].size, 4096u);
    EXPECT_EQ(hints[1].interrupt, 13u);
    for (const char* bad : {"", "512", "512@", "512@1", "@1:2", "x@1:2", "1@z:2", "1@1:", "1@1:99999999999"})
        EXPECT_FALSE(boot::parse_mmio_device(bad)) << bad;
}

TEST(config, a_text_without_its_end_loses_its_last_word_only)
{
    std::string text = "kiln.arg=a kiln.arg=cut";
    boot::config config;
    config.add({text.data(), text.size()});
    EXPECT_EQ(config.arguments().count(), 1u);
    EXPECT_EQ(config.bad_word, "kiln.arg=cut");
}
