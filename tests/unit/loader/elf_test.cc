#include "loader/elf/headers.hh"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace
{
using namespace elf;

struct image {
    file_header header{};
    std::vector<program_header> segments;
    u64 size = 0x10000;

    image()
    {
        std::memcpy(header.magic, magic, 4);
        header.file_class = class_64;
        header.byte_order = little_endian;
        header.ident_version = current_version;
        header.version = current_version;
        header.type = type_executable;
        header.machine = machine_x86_64;
        header.entry = 0x400100;
        header.program_headers = 64;
        header.header_size = 64;
        header.program_header_size = 56;
        add({.type = segment_load,
             .flags = flag_read | flag_execute,
             .offset = 0,
             .address = 0x400000,
             .physical_address = 0,
             .file_size = 0x2000,
             .memory_size = 0x2000,
             .alignment = 0x1000});
        add({.type = segment_load,
             .flags = flag_read | flag_write,
             .offset = 0x2e00,
             .address = 0x403e00,
             .physical_address = 0,
             .file_size = 0x300,
             .memory_size = 0x5000,
             .alignment = 0x1000});
    }
    void add(const program_header& p)
    {
        segments.push_back(p);
        header.program_header_count = static_cast<u16>(segments.size());
    }
    defect check(layout* out = nullptr)
    {
        layout l;
        if (const auto d = elf::check(header, size); d != defect::none)
            return d;
        return elf::check(header, segments, size, out ? out : &l);
    }
};

template <class Change>
defect after(Change change)
{
    image i;
    change(i);
    return i.check();
}
} // namespace

TEST(elf_headers, a_good_program)
{
    image i;
    layout l;
    ASSERT_EQ(i.check(&l), defect::none);
    EXPECT_FALSE(l.position_independent);
    EXPECT_FALSE(l.executable_stack);
    EXPECT_EQ(l.lowest, 0x400000u);
    EXPECT_EQ(l.highest, 0x409000u);
    EXPECT_EQ(l.break_start, 0x408e00u);
    EXPECT_EQ(l.program_header_address, 0x400040u);
    EXPECT_EQ(l.code_start, 0x400000u);
    EXPECT_EQ(l.code_end, 0x402000u);
    EXPECT_EQ(l.data_start, 0x403e00u);
    EXPECT_EQ(l.interpreter_size, 0u);
}

TEST(elf_headers, every_field_of_the_file_header)
{
    EXPECT_EQ(after([](image& i) { i.size = 0; }), defect::empty);
    EXPECT_EQ(after([](image& i) { i.size = 63; }), defect::truncated_header);
    EXPECT_EQ(after([](image& i) { i.header.magic[1] = 'F'; }), defect::no_magic);
    EXPECT_EQ(after([](image& i) { i.header.file_class = 1; }), defect::wrong_class);
    EXPECT_EQ(after([](image& i) { i.header.byte_order = 2; }), defect::wrong_byte_order);
    EXPECT_EQ(after([](image& i) { i.header.version = 2; }), defect::wrong_version);
    EXPECT_EQ(after([](image& i) { i.header.machine = 183; }), defect::wrong_architecture);
    EXPECT_EQ(after([](image& i) { i.header.type = type_relocatable; }), defect::relocatable);
    EXPECT_EQ(after([](image& i) { i.header.type = type_core; }), defect::core_dump);
    EXPECT_EQ(after([](image& i) { i.header.type = 77; }), defect::wrong_type);
    EXPECT_EQ(after([](image& i) { i.header.program_header_size = 55; }), defect::wrong_header_size);
    EXPECT_EQ(after([](image& i) { i.header.program_header_count = 0; }), defect::no_program_headers);
    EXPECT_EQ(after([](image& i) { i.header.program_header_count = 0xffff; }),
              defect::too_many_program_headers);
    EXPECT_EQ(after([](image& i) { i.header.program_headers = i.size; }),
              defect::program_headers_outside_file);
    EXPECT_EQ(after([](image& i) { i.header.program_headers = ~u64{0} - 8; }),
              defect::program_headers_outside_file);
}

TEST(elf_headers, segments_that_cannot_be)
{
    EXPECT_EQ(after([](image& i) { i.segments[1].offset = i.size; }), defect::segment_outside_file);
    EXPECT_EQ(after([](image& i) { i.segments[1].offset = ~u64{0} - 0x10; }), defect::segment_outside_file);
    EXPECT_EQ(after([](image& i) { i.segments[1].memory_size = 0x100; }),
              defect::segment_smaller_than_its_file_part);
    EXPECT_EQ(after([](image& i) { i.segments[1].memory_size = ~u64{0}; }), defect::segment_wraps_around);
    EXPECT_EQ(after([](image& i) { i.segments[1].address = 0xffffffff80000e00; }),
              defect::segment_outside_lower_half);
    EXPECT_EQ(after([](image& i) { i.segments[1].memory_size = u64{1} << 60; }),
              defect::segment_outside_lower_half);
    EXPECT_EQ(after([](image& i) { i.segments[1].alignment = 3; }), defect::segment_alignment);
    EXPECT_EQ(after([](image& i) { i.segments[1].alignment = u64{1} << 63; }), defect::segment_alignment);
    EXPECT_EQ(after([](image& i) { i.segments[1].address += 8; }), defect::segment_alignment);
    EXPECT_EQ(after([](image& i) { i.segments[0].memory_size = 0x4000; }), defect::segments_overlap);
    EXPECT_EQ(after([](image& i) { std::swap(i.segments[0], i.segments[1]); }),
              defect::segments_out_of_order);
    EXPECT_EQ(after([](image& i) { i.header.entry = 0; }), defect::entry_outside_segments);
    EXPECT_EQ(after([](image& i) { i.segments[0].type = i.segments[1].type = segment_dynamic; }),
              defect::nothing_to_load);
}

TEST(elf_headers, interpreters)
{
    const program_header name{.type = segment_interpreter,
                              .flags = flag_read,
                              .offset = 0x200,
                              .address = 0x400200,
                              .physical_address = 0,
                              .file_size = 28,
                              .memory_size = 28,
                              .alignment = 1};
    image i;
    i.add(name);
    layout l;
    ASSERT_EQ(i.check(&l), defect::none);
    EXPECT_EQ(l.interpreter_offset, 0x200u);
    EXPECT_EQ(l.interpreter_size, 28u);

    i.add(name);
    EXPECT_EQ(i.check(), defect::several_interpreters);
    i.segments.pop_back();
    i.header.program_header_count--;
    for (const u64 size : {u64{0}, u64{1}, u64{5000}, ~u64{0}}) {
        i.segments.back().file_size = size;
        EXPECT_EQ(i.check(), defect::interpreter_name) << size;
    }
    i.segments.back().file_size = 28;
    i.segments.back().offset = i.size - 10;
    EXPECT_EQ(i.check(), defect::segment_outside_file);
}

TEST(elf_headers, stack_permissions)
{
    image i;
    i.add({.type = segment_gnu_stack,
           .flags = flag_read | flag_write | flag_execute,
           .offset = 0,
           .address = 0,
           .physical_address = 0,
           .file_size = 0,
           .memory_size = 0,
           .alignment = 16});
    layout l;
    ASSERT_EQ(i.check(&l), defect::none);
    EXPECT_TRUE(l.executable_stack);
}

TEST(elf_headers, each_defect_has_words_and_an_error)
{
    for (int d = 1; d <= static_cast<int>(defect::several_interpreters); d++) {
        EXPECT_NE(describe(static_cast<defect>(d)), "is damaged") << d;
        EXPECT_NE(error_of(static_cast<defect>(d)), errc{0});
    }
}
