// The dynamic linker on real libraries of this machine, and on small ones made by hand.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "loader/dynamic/library_names.hh"
#include "loader/dynamic/tls_layout.hh"
#include "tests/unit/loader/elf_bytes.hh"

namespace
{
using namespace linker;

std::vector<std::byte> read_file(const std::string& name)
{
    std::ifstream file("/lib/x86_64-linux-gnu/" + name, std::ios::binary);
    std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    std::vector<std::byte> result(bytes.size());
    std::memcpy(result.data(), bytes.data(), bytes.size());
    return result;
}

std::optional<elf::symbol> find(const object& o, std::string_view name, const version* with = nullptr)
{
    return o.find({name, gnu_hash(name), with});
}

version named(std::string_view name)
{
    return {name, sysv_hash(name)};
}

struct real_libraries : testing::Test {
    elf_bytes c{read_file("libc.so.6")}, m{read_file("libm.so.6")}, ld{read_file("ld-linux-x86-64.so.2")};

    void SetUp() override
    {
        ASSERT_TRUE(c.load(0x7000'0000'0000)) << describe(c.why);
        ASSERT_TRUE(m.load(0x7100'0000'0000)) << describe(m.why);
        ASSERT_TRUE(ld.load(0x7200'0000'0000)) << describe(ld.why);
    }
};

TEST_F(real_libraries, names_and_needs)
{
    EXPECT_EQ(c.linked.soname(), "libc.so.6");
    EXPECT_EQ(m.linked.soname(), "libm.so.6");
    std::vector<std::string> needed;
    m.linked.for_each_needed([&](std::string_view name) { needed.emplace_back(name); });
    EXPECT_EQ(needed, (std::vector<std::string>{"libc.so.6", "ld-linux-x86-64.so.2"}));
}

TEST_F(real_libraries, symbols_by_version)
{
    const auto any = find(c.linked, "printf");
    ASSERT_TRUE(any);
    const auto right = named("GLIBC_2.2.5"), wrong = named("GLIBC_2.34");
    EXPECT_EQ(find(c.linked, "printf", &right)->value, any->value);
    EXPECT_FALSE(find(c.linked, "printf", &wrong));
    EXPECT_FALSE(find(c.linked, "no_such_function"));

    // Two versions of one name: the default is the newer one, the old one is found only by its version.
    const auto old = named("GLIBC_2.2.5"), current = named("GLIBC_2.14");
    ASSERT_TRUE(find(c.linked, "memcpy", &old));
    EXPECT_EQ(find(c.linked, "memcpy")->value, find(c.linked, "memcpy", &current)->value);
    EXPECT_NE(find(c.linked, "memcpy", &old)->value, find(c.linked, "memcpy", &current)->value);
}

TEST_F(real_libraries, relocate_each_other)
{
    tls_layout tls;
    tls.add(c.linked);
    EXPECT_EQ(tls.modules, 1u);
    const std::array scope = {static_cast<const object*>(&m.linked), static_cast<const object*>(&c.linked),
                              static_cast<const object*>(&ld.linked)};
    word_memory memory;
    for (const object* o : scope) {
        const auto failed = relocate(*o, scope, memory, {});
        EXPECT_EQ(failed.what, defect::none)
            << o->soname() << ": " << describe(failed.what) << ' ' << failed.symbol;
    }
    size_t functions = 0;
    for (const auto& r : m.linked.relocations()) {
        if (r.type() != elf::rela_got)
            continue;
        const auto name = m.linked.string(m.linked.symbol(r.symbol_index())->name);
        if (const auto in_c = find(c.linked, *name)) {
            functions++;
            const u64 expected = c.linked.bias + in_c->value;
            const u64 place = m.linked.bias + r.offset;
            EXPECT_EQ(in_c->type() == elf::symbol_indirect ? memory.indirect[place] : memory.words[place],
                      expected)
                << *name;
        }
    }
    EXPECT_GE(functions, 2u);
    EXPECT_FALSE(memory.indirect.empty()); // libm chooses its functions at run time
}

TEST_F(real_libraries, missing_symbol_is_named)
{
    const std::array scope = {static_cast<const object*>(&m.linked)};
    word_memory memory;
    const auto failed = relocate(m.linked, scope, memory, {});
    EXPECT_EQ(failed.what, defect::unresolved_symbol);
    EXPECT_FALSE(failed.symbol.empty());
    EXPECT_TRUE(failed.version.starts_with("GLIBC_"));
}

// A library by hand: one segment of 4 KiB at 0 that holds all tables.
struct small_library {
    std::vector<std::byte> bytes = std::vector<std::byte>(0x1000);
    std::vector<elf::program_header> headers;
    std::vector<elf::dynamic_entry> dynamic;
    linker::contents contents;
    object linked;

    static constexpr u64 strings_at = 0x100, symbols_at = 0x200, hash_at = 0x300, rela_at = 0x400,
                         relr_at = 0x500, dynamic_at = 0x800, data_at = 0xa00;

    small_library()
    {
        headers.push_back({elf::segment_load, 6, 0, 0, 0, 0x1000, 0x1000, 0x1000});
        const char strings[] = "\0first\0second\0lib.so";
        put(strings_at, strings, sizeof strings);
        dynamic = {{elf::tag_strings, strings_at},
                   {elf::tag_strings_size, sizeof strings},
                   {elf::tag_symbols, symbols_at},
                   {elf::tag_soname, 14}};
        symbol(1, {1, elf::binding_global << 4, 0, 1, data_at, 8});
        symbol(2, {7, elf::binding_global << 4, 0, elf::section_undefined, 0, 0});
    }
    template <class T>
    void put(u64 at, const T* from, size_t size)
    {
        std::memcpy(bytes.data() + at, from, size);
    }
    void symbol(u32 index, const elf::symbol& s) { put(symbols_at + index * sizeof s, &s, sizeof s); }
    void sysv_hash(std::vector<u32> words)
    {
        put(hash_at, words.data(), words.size() * 4);
        dynamic.push_back({elf::tag_hash, hash_at});
    }
    void rela(std::vector<elf::rela> entries)
    {
        put(rela_at, entries.data(), entries.size() * sizeof entries[0]);
        dynamic.push_back({elf::tag_rela, rela_at});
        dynamic.push_back({elf::tag_rela_size, entries.size() * sizeof entries[0]});
    }
    void relr(std::vector<u64> entries)
    {
        put(relr_at, entries.data(), entries.size() * 8);
        dynamic.push_back({elf::tag_relr, relr_at});
        dynamic.push_back({elf::tag_relr_size, entries.size() * 8});
    }
    defect parse()
    {
        headers.push_back({elf::segment_dynamic, 6, dynamic_at, dynamic_at, 0, dynamic.size() * 16,
                           dynamic.size() * 16, 8});
        put(dynamic_at, dynamic.data(), dynamic.size() * 16);
        contents.add(0, bytes);
        linked.bias = 0x10000;
        return linked.parse(headers, contents);
    }
    failure_report relocate(word_memory& memory)
    {
        const std::array scope = {static_cast<const object*>(&linked)};
        return linker::relocate(linked, scope, memory, {0x77, 0x78});
    }
};

TEST(small, system_v_hash)
{
    small_library l;
    l.sysv_hash({1, 3, 2, 0, 0, 1}); // one bucket: second, then first
    ASSERT_EQ(l.parse(), defect::none);
    EXPECT_EQ(l.linked.soname(), "lib.so");
    ASSERT_TRUE(find(l.linked, "first"));
    EXPECT_EQ(find(l.linked, "first")->value, l.data_at);
    EXPECT_FALSE(find(l.linked, "second")); // only asked for
}

TEST(small, system_v_chain_that_runs_in_circles_ends)
{
    small_library l;
    l.sysv_hash({1, 3, 2, 0, 2, 2});
    ASSERT_EQ(l.parse(), defect::none);
    EXPECT_FALSE(find(l.linked, "third"));
}

TEST(small, relr_bitmaps)
{
    small_library l;
    l.relr({l.data_at, 0b1011}); // the word itself, then the first and the third behind it
    ASSERT_EQ(l.parse(), defect::none);
    word_memory memory;
    memory.words[0x10000 + l.data_at + 8] = 5;
    EXPECT_EQ(l.relocate(memory).what, defect::none);
    EXPECT_EQ(memory.words.at(0x10000 + l.data_at), 0x10000u);
    EXPECT_EQ(memory.words.at(0x10000 + l.data_at + 8), 0x10005u);
    EXPECT_FALSE(memory.words.contains(0x10000 + l.data_at + 16));
    EXPECT_EQ(memory.words.at(0x10000 + l.data_at + 24), 0x10000u);
}

TEST(small, kinds_of_relocations)
{
    small_library l;
    l.sysv_hash({1, 3, 1, 0, 0, 0});
    const auto info = [](u64 symbol, u64 type) { return symbol << 32 | type; };
    l.rela({{l.data_at, info(1, elf::rela_64), 3},
            {l.data_at + 8, info(0, elf::rela_relative), 0x20},
            {l.data_at + 16, info(0, elf::rela_indirect), 0x40},
            {l.data_at + 24, info(1, elf::rela_size_64), 1},
            {l.data_at + 32, info(1, elf::rela_jump_slot), 9}});
    ASSERT_EQ(l.parse(), defect::none);
    word_memory memory;
    EXPECT_EQ(l.relocate(memory).what, defect::none);
    const u64 data = 0x10000 + l.data_at;
    EXPECT_EQ(memory.words.at(data), data + 3);
    EXPECT_EQ(memory.words.at(data + 8), 0x10020u);
    EXPECT_EQ(memory.indirect.at(data + 16), 0x10040u);
    EXPECT_EQ(memory.words.at(data + 24), 9u);
    EXPECT_EQ(memory.words.at(data + 32), data);
}

TEST(small, weak_symbols_may_be_missing)
{
    small_library l;
    l.sysv_hash({1, 3, 1, 0, 0, 0});
    l.symbol(2, {7, elf::binding_weak << 4, 0, elf::section_undefined, 0, 0});
    l.rela({{l.data_at, u64{2} << 32 | elf::rela_got, 0}});
    ASSERT_EQ(l.parse(), defect::none);
    word_memory memory;
    EXPECT_EQ(l.relocate(memory).what, defect::none);
    EXPECT_EQ(memory.words.at(0x10000 + l.data_at), 0u);
}

TEST(small, thread_local_storage)
{
    small_library l;
    l.headers.push_back(
        {elf::segment_tls, 4, 0xff0, 0xff0, 0, 8, 0x18, 16}); // cleared storage lies in no segment
    l.rela({{l.data_at, elf::rela_tls_module, 0},
            {l.data_at + 8, elf::rela_tls_static, 4},
            {l.data_at + 16, elf::rela_tls_descriptor, 4}});
    ASSERT_EQ(l.parse(), defect::none);
    tls_layout layout;
    layout.add(l.linked);
    EXPECT_EQ(layout.size, 0x20u); // 0x18 at a multiple of 16
    word_memory memory;
    EXPECT_EQ(l.relocate(memory).what, defect::none);
    EXPECT_EQ(memory.words.at(0x10000 + l.data_at), 1u);
    EXPECT_EQ(memory.words.at(0x10000 + l.data_at + 8), u64{4} - 0x20);
    EXPECT_EQ(memory.words.at(0x10000 + l.data_at + 16), 0x77u);
    EXPECT_EQ(memory.words.at(0x10000 + l.data_at + 24), u64{4} - 0x20);
}

object with_storage(u64 size, u64 alignment)
{
    object o;
    o.tls.memory_size = size;
    o.tls.alignment = alignment;
    return o;
}

TEST(tls_layout, what_is_opened_later)
{
    tls_layout layout;
    object program = with_storage(0x28, 8);
    layout.add(program);
    layout.start();
    EXPECT_EQ(layout.size % tls_layout::surplus_alignment, 0u);
    EXPECT_GE(layout.size, 0x28 + tls_layout::surplus);
    const u64 every_thread = layout.surplus_end;

    object little = with_storage(0x100, 64), much = with_storage(0x5000, 16), coarse = with_storage(8, 4096),
           more = with_storage(0x10, 16);
    for (object* o : {&little, &much, &coarse, &more})
        layout.add(*o);
    EXPECT_EQ(little.tls.module, 2u);
    EXPECT_TRUE(little.tls.in_every_thread);
    EXPECT_EQ(little.tls.offset % 64, 0u);
    EXPECT_GE(little.tls.offset, program.tls.offset + 0x100);
    EXPECT_FALSE(much.tls.in_every_thread);
    EXPECT_GE(much.tls.offset, every_thread + 0x5000);
    EXPECT_FALSE(coarse.tls.in_every_thread); // older threads' pointers are no multiple of that
    EXPECT_EQ(coarse.tls.offset % 4096, 0u);
    EXPECT_EQ(layout.alignment, 4096u);
    EXPECT_TRUE(more.tls.in_every_thread); // the room that much did not take
    EXPECT_LE(more.tls.offset, every_thread);
    EXPECT_EQ(layout.modules, 5u);
}

TEST(small, storage_beyond_the_surplus)
{
    const auto result_of = [](u64 kind, word_memory& memory) {
        small_library l;
        l.headers.push_back({elf::segment_tls, 4, 0xff0, 0xff0, 0, 8, 0x5000, 16});
        l.rela({{l.data_at, kind, 4}});
        EXPECT_EQ(l.parse(), defect::none);
        tls_layout layout;
        layout.start();
        layout.add(l.linked);
        return l.relocate(memory).what;
    };
    word_memory memory;
    EXPECT_EQ(result_of(elf::rela_tls_static, memory), defect::tls_too_late);
    EXPECT_EQ(result_of(elf::rela_tls_descriptor, memory), defect::none);
    EXPECT_EQ(memory.words.at(0x10000 + 0xa00), 0x78u);
    EXPECT_EQ(memory.words.at(0x10000 + 0xa08), u64{1} << 32 | 4);
    EXPECT_EQ(result_of(elf::rela_tls_module, memory), defect::none);
    EXPECT_EQ(memory.words.at(0x10000 + 0xa00), 1u);
}

TEST(small, hostile_relocations_are_errors)
{
    const auto result_of = [](elf::rela r) {
        small_library l;
        l.rela({r});
        EXPECT_EQ(l.parse(), defect::none);
        word_memory memory;
        return l.relocate(memory).what;
    };
    EXPECT_EQ(result_of({0x1000, elf::rela_relative, 0}), defect::relocation_place);
    EXPECT_EQ(result_of({0xffc, elf::rela_relative, 0}), defect::relocation_place);
    EXPECT_EQ(result_of({~u64{0}, elf::rela_indirect, 0}), defect::relocation_place);
    EXPECT_EQ(result_of({0xa00, u64{0xffffffff} << 32 | elf::rela_64, 0}), defect::relocation_symbol);
    EXPECT_EQ(result_of({0xa00, elf::rela_64, 0}), defect::relocation_symbol);
    EXPECT_EQ(result_of({0xa00, 250, 0}), defect::relocation_kind);
    EXPECT_EQ(result_of({0xa00, elf::rela_tls_static, 0}), defect::tls);
}

TEST(small, hostile_tables_are_errors)
{
    const auto result_of = [](elf::dynamic_entry e) {
        small_library l;
        l.dynamic.push_back(e);
        return l.parse();
    };
    EXPECT_EQ(result_of({elf::tag_strings, 0x2000}), defect::no_strings);
    EXPECT_EQ(result_of({elf::tag_symbols, ~u64{0}}), defect::no_symbols);
    EXPECT_EQ(result_of({elf::tag_needed, 0x5000}), defect::name);
    EXPECT_EQ(result_of({elf::tag_hash, 0xffc}), defect::hash_table);
    EXPECT_EQ(result_of({elf::tag_gnu_hash, 0xff0}), defect::hash_table);
    EXPECT_EQ(result_of({elf::tag_rela_size, ~u64{0}}), defect::relocations);
    EXPECT_EQ(result_of({elf::tag_rel, 0}), defect::relocation_without_addend);
    EXPECT_EQ(result_of({elf::tag_init_array_size, ~u64{0}}), defect::dynamic_section);
}

TEST(names, parts_of_the_c_library_are_replaced)
{
    EXPECT_TRUE(is_replaced("libc.so.6"));
    EXPECT_TRUE(is_replaced("libm.so.6"));
    EXPECT_FALSE(is_replaced("libstdc++.so.6"));
}
} // namespace
