// Single operations, with Linux's results.
#include <gtest/gtest.h>

#include "core/mm/shared_memory.hh"
#include "tests/unit/mm/machine.hh"

namespace
{
using mm::fault_result;
using mm::protection;

constexpr protection read_write = protection::read | protection::write;

class address_space_test : public testing::Test
{
  protected:
    void SetUp() override
    {
        test::start_machine(64_MiB);
        space = *mm::address_space::create();
        cpu.emplace(*space);
    }
    void TearDown() override
    {
        cpu.reset();
        space = nullptr;
    }
    static mm::map_request anonymous(u64 pages, protection rights = read_write)
    {
        mm::map_request r;
        r.length = pages * page_size;
        r.rights = rights;
        return r;
    }
    virt_addr map(mm::map_request r)
    {
        auto at = space->map(std::move(r));
        EXPECT_TRUE(at);
        return at ? *at : virt_addr();
    }
    virt_addr map_at(u64 place, u64 pages, protection rights = read_write)
    {
        auto r = anonymous(pages, rights);
        r.hint = virt_addr(place);
        r.fixed = true;
        return map(std::move(r));
    }
    u64 areas() { return space->usage().area_count; }
    errc error_of(result<void> r) { return r ? errc{0} : r.error(); }

    ref_ptr<mm::address_space> space;
    std::optional<test::cpu> cpu;
};

TEST_F(address_space_test, memory_is_zero_and_keeps_what_is_written)
{
    const auto at = map(anonymous(4));
    EXPECT_EQ(cpu->read(at).value, 0u);
    EXPECT_EQ(cpu->write(at + 8, 7).result, fault_result::handled);
    EXPECT_EQ(cpu->read(at + 8).value, 7u);
    EXPECT_TRUE(space->unmap(at, 4 * page_size));
    EXPECT_EQ(cpu->read(at).result, fault_result::map_error);
}

TEST_F(address_space_test, touching_in_order_takes_few_faults)
{
    const auto at = map(anonymous(256));
    for (u64 i = 0; i < 256; i++)
        cpu->write(at + i * page_size, i);
    EXPECT_LE(cpu->faults(), 24u);
    EXPECT_EQ(space->usage().resident_pages, 256u);
}

TEST_F(address_space_test, everything_comes_back)
{
    const u64 before = test::free_frames();
    {
        auto other = *mm::address_space::create();
        test::cpu c(*other);
        auto r = anonymous(1000);
        const auto at = *other->map(r);
        for (u64 i = 0; i < 1000; i += 3)
            c.write(at + i * page_size, i);
        r.shared = true;
        const auto shared = *other->map(r);
        c.write(shared, 1);
    }
    cpu.emplace(*space);
    EXPECT_EQ(test::free_frames(), before);
}

TEST_F(address_space_test, rights)
{
    const auto at = map(anonymous(1, protection::read));
    EXPECT_EQ(cpu->write(at, 1).result, fault_result::access_error);
    EXPECT_EQ(cpu->execute(at), fault_result::access_error);
    EXPECT_TRUE(space->protect(at, 1, read_write));
    EXPECT_EQ(cpu->write(at, 1).result, fault_result::handled);
    EXPECT_TRUE(space->protect(at, page_size, protection::none));
    EXPECT_EQ(cpu->read(at).result, fault_result::access_error);
    EXPECT_TRUE(space->protect(at, page_size, protection::read | protection::execute));
    EXPECT_EQ(cpu->read(at).value, 1u); // kept while nobody could see it
    EXPECT_EQ(cpu->execute(at), fault_result::handled);
}

TEST_F(address_space_test, errors_of_map)
{
    auto r = anonymous(0);
    EXPECT_EQ(space->map(r).error(), errc::einval);
    r = anonymous(1);
    r.hint = virt_addr(0x123);
    r.fixed = true;
    EXPECT_EQ(space->map(r).error(), errc::einval);
    r.hint = virt_addr(0);
    EXPECT_EQ(space->map(r).error(), errc::eperm);
    r.hint = virt_addr(0x7fffffffe000);
    EXPECT_TRUE(space->map(r)); // the last page but one
    r.hint = virt_addr(0x7ffffffff000);
    EXPECT_EQ(space->map(r).error(), errc::enomem);
    r.hint = virt_addr(0x7fffffffe000);
    r.fixed = false;
    r.fixed_noreplace = true;
    EXPECT_EQ(space->map(r).error(), errc::eexist);
    r = anonymous(1);
    r.length = ~u64{0};
    EXPECT_EQ(space->map(r).error(), errc::enomem);
}

TEST_F(address_space_test, overcommit_heuristic)
{
    auto r = anonymous(1_TiB >> page_shift);
    EXPECT_EQ(space->map(r).error(), errc::enomem);
    r.noreserve = true;
    EXPECT_TRUE(space->map(r));
    EXPECT_TRUE(space->map(anonymous(8_TiB >> page_shift, protection::none)));
}

TEST_F(address_space_test, places)
{
    const auto a = map(anonymous(1)), b = map(anonymous(1));
    EXPECT_EQ(b, a - page_size); // top-down, and one area
    EXPECT_EQ(areas(), 1u);
    auto r = anonymous(1);
    r.hint = a;
    EXPECT_EQ(map(r), b - page_size); // taken: anywhere else
    r.hint = virt_addr(0x200000000123);
    EXPECT_EQ(map(r), virt_addr(0x200000001000));
    r = anonymous(16);
    r.below_2g = true;
    EXPECT_LT(map(r).value, 2_GiB);
    EXPECT_TRUE(space->unmap(a, page_size));
    EXPECT_EQ(map(anonymous(1)), a); // the hole is found again
}

TEST_F(address_space_test, merging)
{
    map_at(0x10000000, 3);
    EXPECT_TRUE(space->protect(virt_addr(0x10001000), page_size, protection::read));
    EXPECT_EQ(areas(), 3u);
    EXPECT_TRUE(space->protect(virt_addr(0x10001000), page_size, read_write));
    EXPECT_EQ(areas(), 1u);
    map_at(0x10003000, 1);
    EXPECT_EQ(areas(), 1u);
    EXPECT_TRUE(space->unmap(virt_addr(0x10001000), page_size));
    EXPECT_EQ(areas(), 2u);
}

TEST_F(address_space_test, protect_over_a_hole)
{
    map_at(0x10000000, 1);
    map_at(0x10002000, 1);
    EXPECT_EQ(error_of(space->protect(virt_addr(0x10000000), 3 * page_size, protection::read)), errc::enomem);
    EXPECT_EQ(cpu->write(virt_addr(0x10000000), 1).result,
              fault_result::access_error); // what came before is done
    EXPECT_EQ(cpu->write(virt_addr(0x10002000), 1).result, fault_result::handled);
    EXPECT_EQ(error_of(space->protect(virt_addr(0x10000001), page_size, protection::read)), errc::einval);
    EXPECT_EQ(error_of(space->protect(virt_addr(0x20000000), 0, protection::read)), errc{0});
}

TEST_F(address_space_test, max_rights)
{
    auto r = anonymous(1, protection::read);
    r.shared = true;
    r.max_rights = protection::read | protection::execute;
    const auto at = map(r);
    EXPECT_EQ(error_of(space->protect(at, page_size, read_write)), errc::eacces);
    r.rights = read_write;
    EXPECT_EQ(space->map(r).error(), errc::eacces);
}

TEST_F(address_space_test, shared_memory_is_shared)
{
    mm::map_request r = anonymous(2);
    r.shared = true;
    r.object = *mm::create_shared_memory(2 * page_size);
    const auto a = map(r), b = map(r);
    cpu->write(a, 5);
    EXPECT_EQ(cpu->read(b).value, 5u);
    cpu->write(b + 8, 6);
    EXPECT_EQ(cpu->read(a + 8).value, 6u);
    r.length = 3 * page_size;
    const auto c = map(r);
    EXPECT_EQ(cpu->read(c + 2 * page_size).result, fault_result::bus_error);
    const auto place = *space->find_shared(b + 8);
    EXPECT_EQ(place.object, r.object);
    EXPECT_EQ(place.offset, 8u);
}

TEST_F(address_space_test, private_copy)
{
    mm::map_request r = anonymous(2);
    r.object = *mm::create_shared_memory(2 * page_size);
    auto s = r;
    s.shared = true;
    const auto original = map(s), copy = map(r);
    cpu->write(original, 1);
    EXPECT_EQ(cpu->read(copy).value, 1u);
    cpu->write(copy, 2);
    EXPECT_EQ(cpu->read(original).value, 1u);
    cpu->write(original, 3);
    EXPECT_EQ(cpu->read(copy).value, 2u);
    r.object->unmap_everywhere(0, 2); // the object's pages go, the copy stays
    EXPECT_EQ(cpu->read(copy).value, 2u);
    EXPECT_EQ(cpu->read(original).value, 3u);
    EXPECT_TRUE(space->advise(copy, page_size, mm::advice::dont_need));
    EXPECT_EQ(cpu->read(copy).value, 3u);
}

TEST_F(address_space_test, write_protect_everywhere_makes_stores_fault)
{
    mm::map_request r = anonymous(1);
    r.shared = true;
    r.object = *mm::create_shared_memory(page_size);
    const auto at = map(r);
    cpu->write(at, 1);
    const u64 before = cpu->faults();
    cpu->write(at, 2);
    EXPECT_EQ(cpu->faults(), before);
    r.object->write_protect_everywhere(0, 1);
    EXPECT_EQ(cpu->read(at).value, 2u);
    EXPECT_EQ(cpu->faults(), before);
    cpu->write(at, 3);
    EXPECT_EQ(cpu->faults(), before + 1);
}

TEST_F(address_space_test, break_moves)
{
    space->set_break_start(virt_addr(0x400123));
    const auto start = space->set_break(virt_addr(0));
    EXPECT_GE(start.value, 0x401000u);
    EXPECT_EQ(space->set_break(start + 100), start + 100);
    EXPECT_EQ(cpu->write(start, 1).result, fault_result::handled);
    EXPECT_EQ(space->set_break(start + 10 * page_size), start + 10 * page_size);
    EXPECT_EQ(areas(), 1u);
    EXPECT_EQ(space->set_break(start + 1), start + 1);
    EXPECT_EQ(cpu->read(start + page_size).result, fault_result::map_error);
    map_at(start.value + 4 * page_size, 1);
    EXPECT_EQ(space->set_break(start + 10 * page_size), start + 1); // something is in the way
    EXPECT_EQ(space->set_break(start), start);
}

TEST_F(address_space_test, remap)
{
    map_at(0x10000000, 2);
    cpu->write(virt_addr(0x10001000), 9);
    mm::remap_request r{
        .old_address = virt_addr(0x10000000), .old_length = 2 * page_size, .new_length = 4 * page_size};
    EXPECT_EQ(*space->remap(r), r.old_address); // room behind it
    map_at(0x10004000, 1, protection::read);
    r.old_length = 4 * page_size;
    r.new_length = 8 * page_size;
    EXPECT_EQ(space->remap(r).error(), errc::enomem);
    r.may_move = true;
    const auto moved = *space->remap(r);
    EXPECT_NE(moved, r.old_address);
    EXPECT_EQ(cpu->read(moved + page_size).value, 9u);
    EXPECT_EQ(cpu->read(virt_addr(0x10001000)).result, fault_result::map_error);
    mm::remap_request s{.old_address = moved, .old_length = 8 * page_size, .new_length = page_size};
    EXPECT_EQ(*space->remap(s), moved);
    EXPECT_EQ(cpu->read(moved + page_size).result, fault_result::map_error);
    s.old_address = virt_addr(0x30000000);
    EXPECT_EQ(space->remap(s).error(), errc::efault);
}

TEST_F(address_space_test, large_pages_on_request)
{
    auto r = anonymous(1024);
    r.hint = virt_addr(0x40000000);
    r.fixed = true;
    const auto at = map(r);
    EXPECT_TRUE(space->advise(at, 4_MiB, mm::advice::huge_page));
    cpu->write(at + 5 * page_size, 5);
    EXPECT_EQ(space->usage().resident_pages, 512u);
    EXPECT_EQ(cpu->faults(), 1u);
    cpu->write(at + 4 * page_size, 4);
    EXPECT_EQ(cpu->faults(), 1u);
    EXPECT_TRUE(space->protect(at + 5 * page_size, page_size, protection::read)); // splits it
    EXPECT_EQ(cpu->read(at + 5 * page_size).value, 5u);
    EXPECT_EQ(cpu->write(at + 5 * page_size, 1).result, fault_result::access_error);
    EXPECT_EQ(cpu->read(at + 4 * page_size).value, 4u);
    EXPECT_TRUE(space->unmap(at, page_size));
    EXPECT_EQ(space->usage().resident_pages, 511u);
}

TEST_F(address_space_test, mincore_and_sync)
{
    map_at(0x10000000, 3);
    cpu->write(virt_addr(0x10001000), 1);
    u8 pages[3];
    EXPECT_TRUE(space->mincore(virt_addr(0x10000000), pages));
    EXPECT_EQ(pages[0], 0);
    EXPECT_EQ(pages[1], 1);
    u8 more[4];
    EXPECT_EQ(error_of(space->mincore(virt_addr(0x10000000), more)), errc::enomem);
    EXPECT_TRUE(space->sync(virt_addr(0x10000000), 3 * page_size, mm::sync_mode::sync, false));
    EXPECT_EQ(error_of(space->sync(virt_addr(0x10000000), 4 * page_size, mm::sync_mode::sync, false)),
              errc::enomem);
}

TEST_F(address_space_test, grows_down)
{
    auto r = anonymous(1);
    r.hint = virt_addr(0x10100000);
    r.fixed = true;
    r.grows_down = true;
    map(r);
    EXPECT_EQ(cpu->write(virt_addr(0x100ff000), 1).result, fault_result::handled);
    EXPECT_EQ(cpu->write(virt_addr(0x10000000), 1).result, fault_result::handled);
    EXPECT_EQ(areas(), 1u);
    map_at(0x0ff00000, 1);
    EXPECT_EQ(cpu->write(virt_addr(0x0ff01000), 1).result, fault_result::map_error); // too near its neighbour
}
} // namespace
