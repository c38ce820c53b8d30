#include "core/mm/heap.hh"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <random>
#include <vector>

#include "core/mm/slab.hh"
#include "tests/unit/mm/machine.hh"

namespace
{
class heap_test : public testing::Test
{
  protected:
    void SetUp() override { test::start_machine(64_MiB); }
};

TEST_F(heap_test, classes_cover_all_small_sizes)
{
    for (size_t size = 1; size <= mm::largest_small; size++) {
        const unsigned c = mm::class_of_size(size);
        ASSERT_GE(mm::class_sizes[c], size);
        ASSERT_TRUE(c == 0 || mm::class_sizes[c - 1] < size);
    }
}

TEST_F(heap_test, aligns)
{
    for (size_t alignment = 16; alignment <= page_size; alignment *= 2)
        for (size_t size : {1, 17, 100, 600, 3000, 5000}) {
            void* p = mm::allocate(size, alignment);
            ASSERT_NE(p, nullptr);
            EXPECT_TRUE(is_aligned(reinterpret_cast<u64>(p), alignment));
            EXPECT_GE(mm::usable_size(p), size);
            mm::free(p);
        }
}

TEST_F(heap_test, too_large_fails)
{
    EXPECT_EQ(mm::allocate(~size_t{0}), nullptr);
    EXPECT_EQ(mm::allocate(17_MiB), nullptr);
}

TEST_F(heap_test, frames_change_their_size_class)
{
    // A slab of one class leaves its marks behind; those of the next class that were never allocated lie over
    // them, and the first class must not take that for damage when it gets the frames again.
    std::mt19937 random(11);
    for (int round = 0; round < 2000; round++) {
        const size_t size = std::array{240, 272, 304, 368, 432}[random() % 5];
        std::vector<void*> objects(1 + random() % 60);
        for (void*& p : objects)
            ASSERT_NE(p = mm::allocate(size), nullptr);
        for (void* p : objects)
            mm::free(p);
    }
}

TEST_F(heap_test, random_workload_keeps_contents)
{
    struct held {
        u8* p;
        size_t size;
        u8 fill;
    };
    std::mt19937 random(7);
    std::vector<held> objects;
    const u64 before = test::free_frames();
    for (int i = 0; i < 60000; i++) {
        if (objects.empty() || random() % 100 < 52) {
            const size_t size = random() % 20 == 0 ? random() % 40000 : random() % (1u << (random() % 12));
            auto* p = static_cast<u8*>(mm::allocate(size));
            ASSERT_NE(p, nullptr);
            const auto fill = static_cast<u8>(random());
            std::memset(p, fill, size);
            objects.push_back({p, size, fill});
        } else {
            const size_t k = random() % objects.size();
            for (size_t j = 0; j < objects[k].size; j += 1 + objects[k].size / 16)
                ASSERT_EQ(objects[k].p[j], objects[k].fill);
            mm::free(objects[k].p);
            objects[k] = objects.back();
            objects.pop_back();
        }
    }
    for (const auto& o : objects)
        mm::free(o.p);
    // What stays out is bounded by the CPU's lists and one slab per class.
    EXPECT_LT(before - test::free_frames(), 400u);
}

using heap_death_test = heap_test;
TEST_F(heap_death_test, finds_writes_beyond_the_end)
{
    auto* p = static_cast<u8*>(mm::allocate(20));
    EXPECT_DEATH((p[20] = 1, mm::free(p)), "beyond its end");
    mm::free(p);
}
TEST_F(heap_death_test, finds_double_free)
{
    auto* p = static_cast<u8*>(mm::allocate(20));
    EXPECT_DEATH((mm::free(p), mm::free(p)), "freed twice");
    mm::free(p);
}
} // namespace
