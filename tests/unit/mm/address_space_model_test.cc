// Random sequences of map, unmap, protect, remap, advise and touching, against a model that knows each page.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "core/mm/shared_memory.hh"
#include "tests/unit/mm/machine.hh"

namespace
{
using mm::access;
using mm::fault_result;
using mm::protection;

constexpr u64 arena_start = 0x10000000;
constexpr u64 object_pages = 24;

/// One page as the model sees it.
struct model_page {
    protection rights;
    bool shared = false;
    int object = -1;    // which, or -1
    u64 index = 0;      // in the object
    bool copied = true; // private: holds `value` itself
    u64 value = 0;
};

class model
{
  public:
    explicit model(u64 seed, u64 pages) : _random(seed), _pages(pages)
    {
        for (auto& o : _objects)
            o = *mm::create_shared_memory(object_pages * page_size);
    }

    void run(int steps)
    {
        for (int i = 0; i < steps && !testing::Test::HasFailure(); i++) {
            step();
            if (i % 64 == 0)
                compare_areas();
        }
    }
    mm::address_space& space() { return *_space; }

  private:
    u64 random(u64 below) { return _random() % below; }
    u64 address(u64 page) { return arena_start + page * page_size; }

    void step()
    {
        const u64 first = random(_pages);
        const u64 count = 1 + random(std::min<u64>(_pages - first, random(8) == 0 ? _pages : 8));
        switch (random(16)) {
        case 0:
        case 1:
            return map(first, count, -1);
        case 2:
            return map(first, std::min(count, object_pages), static_cast<int>(random(2)));
        case 3:
            return unmap(first, count);
        case 4:
        case 5:
            return protect(first, count);
        case 6:
            return remap(first, count);
        case 7:
            return advise(first, count);
        case 8:
            return drop_object();
        default:
            return touch(first);
        }
    }

    protection random_rights() { return static_cast<protection>(random(8)); }

    void map(u64 first, u64 count, int object)
    {
        mm::map_request r;
        r.hint = virt_addr(address(first));
        r.fixed = true;
        r.length = count * page_size;
        r.rights = random_rights();
        u64 index = 0;
        if (object >= 0) {
            r.object = _objects[object];
            r.shared = random(2);
            index = random(object_pages - count + 1);
            r.offset = index * page_size;
        }
        ASSERT_TRUE(_space->map(r));
        for (u64 i = 0; i < count; i++)
            _model[first + i] = {r.rights, r.shared, object, index + i, object < 0, 0};
    }

    void unmap(u64 first, u64 count)
    {
        ASSERT_TRUE(_space->unmap(virt_addr(address(first)), count * page_size));
        for (u64 i = 0; i < count; i++)
            _model.erase(first + i);
    }

    void protect(u64 first, u64 count)
    {
        const auto rights = random_rights();
        const auto done = _space->protect(virt_addr(address(first)), count * page_size, rights);
        for (u64 i = 0; i < count; i++) {
            auto it = _model.find(first + i);
            if (it == _model.end()) {
                ASSERT_EQ(done.error(), errc::enomem);
                return;
            }
            it->second.rights = rights;
        }
        ASSERT_TRUE(done);
    }

    bool is_one_area(u64 first, u64 count)
    {
        for (u64 i = 0; i < count; i++) {
            auto it = _model.find(first + i);
            if (it == _model.end())
                return false;
            const auto &a = _model[first], &b = it->second;
            if (a.rights != b.rights || a.shared != b.shared || a.object != b.object ||
                (a.object >= 0 && b.index != a.index + i))
                return false;
        }
        return true;
    }

    void remap(u64 first, u64 count)
    {
        const u64 target = random(_pages - count + 1);
        mm::remap_request r;
        r.old_address = virt_addr(address(first));
        r.old_length = r.new_length = count * page_size;
        r.may_move = r.fixed = true;
        r.new_address = virt_addr(address(target));
        const bool overlaps = target < first + count && first < target + count;
        const bool valid = is_one_area(first, count);
        const auto done = _space->remap(r);
        ASSERT_EQ(done.has_value(), valid && !overlaps);
        if (!done)
            return;
        for (u64 i = 0; i < count; i++) {
            _model[target + i] = _model[first + i];
            _model.erase(first + i);
        }
    }

    void advise(u64 first, u64 count)
    {
        const auto done = _space->advise(virt_addr(address(first)), count * page_size, mm::advice::dont_need);
        bool hole = false;
        for (u64 i = 0; i < count; i++) {
            auto it = _model.find(first + i);
            if (it == _model.end()) {
                hole = true;
                continue;
            }
            it->second.copied = it->second.object < 0;
            it->second.value = 0;
        }
        ASSERT_EQ(done.has_value(), !hole);
    }

    void drop_object()
    {
        const u64 first = random(object_pages);
        auto& object = *_objects[random(2)];
        if (random(2))
            object.unmap_everywhere(first, 1 + random(object_pages));
        else
            object.write_protect_everywhere(first, 1 + random(object_pages));
    }

    void touch(u64 page)
    {
        auto it = _model.find(page);
        const virt_addr at(address(page) + 8);
        const auto wanted = static_cast<access>(random(3));
        auto expected = fault_result::map_error;
        if (it != _model.end())
            expected =
                mm::permits(it->second.rights, wanted) ? fault_result::handled : fault_result::access_error;
        if (wanted == access::write) {
            const u64 value = _random();
            ASSERT_EQ(_cpu.write(at, value).result, expected);
            if (expected == fault_result::handled)
                set(it->second, value);
        } else if (wanted == access::execute) {
            ASSERT_EQ(_cpu.execute(at), expected);
        } else {
            const auto seen = _cpu.read(at);
            ASSERT_EQ(seen.result, expected);
            if (expected == fault_result::handled) {
                ASSERT_EQ(seen.value, get(it->second)) << "page " << page;
            }
        }
    }

    u64 get(const model_page& p) { return p.copied ? p.value : _contents[p.object][p.index]; }
    void set(model_page& p, u64 value)
    {
        if (p.shared) {
            _contents[p.object][p.index] = value;
        } else {
            p.copied = true;
            p.value = value;
        }
    }

    void compare_areas()
    {
        std::map<u64, protection> seen;
        u64 previous_end = 0;
        _space->for_each_area([&](const mm::area& a) {
            ASSERT_GE(a.start().value, previous_end);
            previous_end = a.end().value;
            for (virt_addr p = a.start(); p < a.end(); p += page_size)
                seen[(p.value - arena_start) / page_size] = a.attributes().rights;
        });
        ASSERT_EQ(seen.size(), _model.size());
        for (const auto& [page, p] : _model)
            ASSERT_EQ(seen[page], p.rights);
    }

    std::mt19937_64 _random;
    u64 _pages;
    ref_ptr<mm::address_space> _space = *mm::address_space::create();
    test::cpu _cpu{*_space};
    ref_ptr<mm::memory_object> _objects[2];
    u64 _contents[2][object_pages] = {};
    std::map<u64, model_page> _model;
};

class address_space_model : public testing::TestWithParam<u64>
{
};

TEST_P(address_space_model, small_arena)
{
    test::start_machine(64_MiB);
    const u64 before = test::free_frames();
    {
        model m(GetParam(), 40);
        m.run(8000);
    }
    EXPECT_EQ(test::free_frames(), before);
}

TEST_P(address_space_model, across_page_tables)
{
    test::start_machine(64_MiB);
    const u64 before = test::free_frames();
    {
        model m(GetParam() + 100, 1500);
        m.run(3000);
    }
    EXPECT_EQ(test::free_frames(), before);
}

TEST_P(address_space_model, with_large_pages)
{
    test::start_machine(64_MiB);
    const u64 before = test::free_frames();
    {
        model m(GetParam() + 200, 2048);
        ASSERT_TRUE(m.space().map([] {
            mm::map_request r;
            r.hint = virt_addr(arena_start);
            r.fixed = true;
            r.length = 8_MiB;
            return r;
        }()));
        ASSERT_TRUE(m.space().advise(virt_addr(arena_start), 8_MiB, mm::advice::huge_page));
        ASSERT_TRUE(m.space().unmap(virt_addr(arena_start), 8_MiB));
        m.run(3000);
    }
    EXPECT_EQ(test::free_frames(), before);
}

INSTANTIATE_TEST_SUITE_P(seeds, address_space_model, testing::Range<u64>(1, 7));
} // namespace
