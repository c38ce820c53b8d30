// xen-blkfront against a model of its back end: requests of all shapes, several at a time, errors, and a back
// end that breaks the rules.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/drivers/model_xen_disk.hh"

namespace
{
constexpr size_t sector = model_xen_disk::sector;

bool has(const model_xen_disk& disk, u64 first, std::span<const std::byte> bytes)
{
    return std::equal(bytes.begin(), bytes.end(), disk.data.begin() + static_cast<long>(first * sector));
}
} // namespace

TEST(xen_block, reads_writes_and_flushes)
{
    model_xen_disk disk(4096);
    auto& driver = disk.make();
    EXPECT_EQ(driver.name(), "xvda");
    EXPECT_EQ(driver.sector_count(), 4096u);
    std::vector<std::byte> buffer(3 * sector + 1);
    const auto odd = std::span(buffer).subspan(1); // any address will do
    ASSERT_TRUE(driver.read(7, odd));
    EXPECT_TRUE(has(disk, 7, odd));
    std::fill(odd.begin(), odd.end(), std::byte{0x5a});
    ASSERT_TRUE(driver.write(100, odd));
    EXPECT_TRUE(has(disk, 100, odd));
    ASSERT_TRUE(driver.flush());
    EXPECT_EQ(disk.flushes, 1u);
    EXPECT_EQ(driver.read(4095, odd).error(), errc::einval);
    EXPECT_EQ(driver.read(0, odd.first(100)).error(), errc::einval);
}

TEST(xen_block, all_sizes_directly_and_indirectly)
{
    for (const u32 indirect : {0u, 5u, 16u, 256u}) {
        model_xen_disk disk(4096);
        auto& driver = disk.make({.indirect_segments = indirect});
        std::mt19937 random(indirect + 1);
        for (unsigned round = 0; round < 20; round++) {
            const u64 count = 1 + random() % 400, first = random() % (4096 - count);
            std::vector<std::byte> buffer(count * sector);
            // In pieces whose borders are not those of pages.
            const size_t cut = random() % (count + 1) * sector;
            std::span<std::byte> pieces[] = {std::span(buffer).first(cut), std::span(buffer).subspan(cut)};
            ASSERT_TRUE(driver.read_pieces(first, pieces));
            ASSERT_TRUE(has(disk, first, buffer));
            auto value = static_cast<u8>(random());
            for (auto& b : buffer)
                b = std::byte{value += 37};
            std::span<const std::byte> constant[] = {pieces[0], pieces[1]};
            ASSERT_TRUE(driver.write_pieces(first, constant));
            ASSERT_TRUE(has(disk, first, buffer));
        }
        EXPECT_EQ(disk.indirect_requests > 0, indirect > 11);
    }
}

TEST(xen_block, several_callers_at_once)
{
    model_xen_disk disk(8192);
    auto& driver = disk.make({.indirect_segments = 32});
    std::vector<std::thread> users;
    for (u64 t = 0; t < 12; t++)
        users.emplace_back([&, t] {
            std::vector<std::byte> buffer(100 * sector), again(100 * sector);
            for (unsigned i = 0; i < 40; i++) {
                std::fill(buffer.begin(), buffer.end(), static_cast<std::byte>(t * 40 + i));
                ASSERT_TRUE(driver.write(t * 100, buffer));
                ASSERT_TRUE(driver.read(t * 100, again));
                EXPECT_EQ(buffer, again);
            }
        });
    for (auto& u : users)
        u.join();
}

TEST(xen_block, an_error_does_not_stick)
{
    model_xen_disk disk(4096);
    auto& driver = disk.make();
    disk.bad_sector = 9;
    std::vector<std::byte> buffer(sector);
    EXPECT_EQ(driver.read(9, buffer).error(), errc::eio);
    EXPECT_TRUE(driver.read(8, buffer));
}

TEST(xen_block, a_read_only_disk)
{
    model_xen_disk disk(100);
    auto& driver = disk.make({.read_only = true});
    std::vector<std::byte> buffer(sector);
    EXPECT_EQ(driver.write(0, buffer).error(), errc::erofs);
    EXPECT_TRUE(driver.read(0, buffer));
}

TEST(xen_block, too_few_grants_are_an_error_and_no_end)
{
    model_xen_disk disk(4096);
    disk.most_pages = 4; // the ring, and three
    auto& driver = disk.make();
    std::vector<std::byte> buffer(40 * sector);
    EXPECT_EQ(driver.read(0, buffer).error(), errc::enospc);
    EXPECT_TRUE(driver.read(0, std::span(buffer).first(24 * sector)));
}

TEST(xen_block, an_answer_to_nothing_ends_it)
{
    model_xen_disk disk(4096);
    auto& driver = disk.make();
    disk.wrong_ids = true;
    std::vector<std::byte> buffer(sector);
    EXPECT_EQ(driver.read(8, buffer).error(), errc::eio);
    EXPECT_EQ(driver.read(8, buffer).error(), errc::eio);
}

TEST(xen_block, more_answers_than_requests_end_it)
{
    model_xen_disk disk(4096);
    auto& driver = disk.make();
    std::vector<std::byte> buffer(sector);
    disk.too_many_answers = true;
    EXPECT_EQ(driver.read(8, buffer).error(), errc::eio);
    disk.too_many_answers = false;
    EXPECT_EQ(driver.read(8, buffer).error(), errc::eio);
}

TEST(xen_block, a_back_end_that_goes_away)
{
    model_xen_disk disk(4096);
    auto& driver = disk.make();
    disk.silent = true;
    std::vector<std::byte> buffer(sector);
    std::thread reader([&] { EXPECT_EQ(driver.read(8, buffer).error(), errc::eio); });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    driver.back_end_gone();
    reader.join();
    EXPECT_EQ(driver.flush().error(), errc::eio);
}
