// The stack image and script lines.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "loader/script.hh"
#include "loader/start/stack_image.hh"

namespace
{
using namespace loader;

/// Reads an image as the application would: addresses are those of the stack.
struct reader {
    const stack_image& image;

    u64 word(virt_addr at) const
    {
        u64 value;
        std::memcpy(&value, image.bytes().data() + (at - image.stack_pointer()), 8);
        return value;
    }
    std::string string(u64 at) const
    {
        return reinterpret_cast<const char*>(image.bytes().data() + (virt_addr(at) - image.stack_pointer()));
    }
};

string_pack pack(std::initializer_list<const char*> strings)
{
    string_pack p;
    for (const char* s : strings)
        EXPECT_TRUE(p.append(s));
    return p;
}
} // namespace

TEST(stack_image, follows_the_abi)
{
    const auto args = pack({"prog", "", "a b"});
    const auto env = pack({"PATH=/bin", "X="});
    stack_content content{.file_name = "/bin/prog",
                          .arguments = args.view(),
                          .environment = env.view(),
                          .random = {},
                          .auxiliary = {}};
    content.random.fill(0xab);
    content.auxiliary.add(auxv_tag::page_size, 4096);
    content.auxiliary.add(auxv_tag::entry, 0x1234);
    const virt_addr top(0x7ffffffde100);
    auto made = stack_image::create(content, top, 1_MiB);
    ASSERT_TRUE(made);
    const auto& image = *made;
    const reader r{image};

    virt_addr at = image.stack_pointer();
    EXPECT_EQ(at.value % 16, 0u);
    EXPECT_EQ(image.bytes().size(), top - at);
    EXPECT_EQ(r.word(at), 3u);
    std::vector<std::string> strings;
    for (at += 8; r.word(at); at += 8)
        strings.push_back(r.string(r.word(at)));
    for (at += 8; r.word(at); at += 8)
        strings.push_back(r.string(r.word(at)));
    EXPECT_EQ(strings, (std::vector<std::string>{"prog", "", "a b", "PATH=/bin", "X="}));

    at += 8;
    EXPECT_EQ(at, image.auxv_start);
    std::map<u64, u64> auxv;
    for (;; at += 16) {
        auxv[r.word(at)] = r.word(at + 8);
        if (r.word(at) == 0)
            break;
    }
    EXPECT_EQ(at + 16, image.auxv_end);
    EXPECT_EQ(auxv[6], 4096u);
    EXPECT_EQ(auxv[9], 0x1234u);
    EXPECT_EQ(r.string(auxv[31]), "/bin/prog");
    EXPECT_EQ(r.string(auxv[15]), "x86_64");
    EXPECT_EQ(r.word(virt_addr(auxv[25])), 0xababababababababu);
    EXPECT_EQ(r.word(top - 8), 0u);
    EXPECT_EQ(image.arguments_end - image.arguments_start, args.view().size);
    EXPECT_EQ(image.environment_end - image.environment_start, env.view().size);
    EXPECT_EQ(image.arguments_end, image.environment_start);
}

TEST(stack_image, alignment_for_every_length)
{
    for (size_t n = 0; n < 40; n++) {
        string_pack args;
        ASSERT_TRUE(args.append(std::string(n, 'x')));
        stack_content content{
            .file_name = "f", .arguments = args.view(), .environment = {}, .random = {}, .auxiliary = {}};
        auto made = stack_image::create(content, virt_addr(0x700000000ff0), 1_MiB);
        ASSERT_TRUE(made);
        EXPECT_EQ(made->stack_pointer().value % 16, 0u);
    }
}

TEST(stack_image, too_much_is_refused)
{
    string_pack args;
    ASSERT_TRUE(args.append(std::string(5000, 'x')));
    stack_content content{
        .file_name = "f", .arguments = args.view(), .environment = {}, .random = {}, .auxiliary = {}};
    auto made = stack_image::create(content, virt_addr(0x700000000000), 4096);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error(), errc::e2big);
}

TEST(script, lines_as_linux_reads_them)
{
    const auto line = [](std::string_view s) { return parse_script(s); };
    EXPECT_EQ(line("#!/bin/sh\necho")->interpreter, "/bin/sh");
    EXPECT_EQ(line("#!/bin/sh\necho")->argument, "");
    EXPECT_EQ(line("#! \t/usr/bin/env  python3 -I \nx")->interpreter, "/usr/bin/env");
    EXPECT_EQ(line("#! \t/usr/bin/env  python3 -I \nx")->argument, "python3 -I");
    EXPECT_EQ(line("#!/bin/sh")->interpreter, "/bin/sh");
    EXPECT_FALSE(line(""));
    EXPECT_FALSE(line("#"));
    EXPECT_FALSE(line("#!"));
    EXPECT_FALSE(line("#!\n"));
    EXPECT_FALSE(line("#!   \n"));
    EXPECT_FALSE(line("\x7f"
                      "ELF"));
}

TEST(script, a_name_that_may_be_cut_off_is_refused)
{
    const std::string long_name = "#!/" + std::string(probe_size - 3, 'x');
    EXPECT_FALSE(parse_script(long_name));
    // An argument may be cut off, as on Linux.
    const std::string long_argument = "#!/bin/sh " + std::string(probe_size - 10, 'x');
    EXPECT_TRUE(parse_script(long_argument));
}
