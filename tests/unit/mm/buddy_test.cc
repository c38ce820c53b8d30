#include "core/mm/buddy.hh"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <random>
#include <vector>

#include "core/mm/layout.hh"

namespace
{
/// Other RAM than the process's machine: the direct map is moved for the test's duration.
class buddy_test : public testing::Test
{
  protected:
    void make(size_t bytes, std::vector<mm::memory_range> ram, std::vector<mm::memory_range> reserved,
              u8 garbage = 0)
    {
        _bytes = bytes;
        _ram =
            mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        ASSERT_NE(_ram, MAP_FAILED);
        if (garbage)
            std::memset(_ram, garbage, bytes);
        _saved = std::exchange(arch::direct_map_base, reinterpret_cast<u64>(_ram));
        ASSERT_TRUE(frames.init(ram, reserved));
    }
    void TearDown() override
    {
        arch::direct_map_base = _saved;
        munmap(_ram, _bytes);
    }
    mm::buddy frames;

  private:
    void* _ram = nullptr;
    size_t _bytes = 0;
    u64 _saved = 0;
};

TEST_F(buddy_test, gives_out_everything_once)
{
    // Uninitialised state bytes must never be believed: RAM full of what looks like free blocks.
    make(4_MiB, {{phys_addr(0), 640_KiB}, {phys_addr(1_MiB), 3_MiB}},
         {{phys_addr(1_MiB), 900_KiB}, {phys_addr(0), 4096}}, 0x10);
    std::vector<bool> seen(1024);
    u64 count = 0;
    while (auto frame = frames.allocate(0)) {
        const u64 number = (*frame).page_number();
        ASSERT_FALSE(seen[number]);
        ASSERT_TRUE((number >= 1 && number < 160) || (number >= 256 + 225 && number < 1024));
        seen[number] = true;
        count++;
    }
    EXPECT_EQ(count, frames.total_frames());
    EXPECT_EQ(count, 159u + 543u - 1u); // one frame holds the state bytes
    EXPECT_EQ(frames.free_frames(), 0u);
    for (u64 i = 0; i < 1024; i++)
        if (seen[i])
            frames.free(phys_addr(i << page_shift), 0);
    EXPECT_TRUE(frames.is_consistent());
    EXPECT_EQ(frames.free_frames(), count);
    EXPECT_TRUE(frames.allocate(8)); // joined again
}

TEST_F(buddy_test, random_workload_keeps_the_invariants)
{
    make(64_MiB, {{phys_addr(0), 64_MiB}}, {{phys_addr(5_MiB), 123456}, {phys_addr(40_MiB), 7_MiB}}, 0x1c);
    std::mt19937 random(3);
    struct held {
        phys_addr block;
        unsigned order;
    };
    std::vector<held> blocks;
    for (int i = 0; i < 20000; i++) {
        if (random() % 5 < 3 || blocks.empty()) {
            const unsigned order = std::min({random() % 10, random() % 10, random() % 10});
            if (auto block = frames.allocate(order)) {
                ASSERT_TRUE(is_aligned((*block).value, page_size << order));
                std::memset(mm::to_virtual(*block), 0x5a, page_size << order);
                blocks.push_back({*block, order});
            }
        } else {
            const size_t k = random() % blocks.size();
            frames.free(blocks[k].block, blocks[k].order);
            blocks[k] = blocks.back();
            blocks.pop_back();
        }
        if (i % 500 == 0) {
            ASSERT_TRUE(frames.is_consistent());
        }
    }
    for (const auto& b : blocks)
        frames.free(b.block, b.order);
    EXPECT_TRUE(frames.is_consistent());
    EXPECT_EQ(frames.free_frames(), frames.total_frames());
}

TEST_F(buddy_test, a_terabyte_starts_without_touching_it)
{
    // The host gives pages when they are touched: the test itself would fail to fit otherwise.
    make(1_TiB, {{phys_addr(0), 3_GiB}, {phys_addr(4_GiB), 1_TiB - 4_GiB}}, {{phys_addr(1_MiB), 1_MiB}});
    EXPECT_GT(frames.free_frames(), 267'000'000u);
    ASSERT_TRUE(frames.allocate(mm::max_order));
}

TEST_F(buddy_test, reserved_memory_can_be_released)
{
    make(16_MiB, {{phys_addr(0), 16_MiB}}, {{phys_addr(4_MiB), 5_MiB}}, 0x19);
    const u64 before = frames.free_frames();
    frames.add_reserved(5_MiB >> page_shift, 8_MiB >> page_shift);
    EXPECT_EQ(frames.free_frames(), before + 768);
    EXPECT_TRUE(frames.is_consistent());
    u64 count = 0;
    while (frames.allocate(0))
        count++;
    EXPECT_EQ(count, before + 768);
}
} // namespace
