// A disk on an IDE channel against a model: requests, borders that no region may cross, errors, and a
// controller that is broken.
#include <gtest/gtest.h>

#include "tests/unit/drivers/model_ide.hh"

namespace
{
constexpr size_t sector = model_ata_disk::sector;
using milliseconds = std::chrono::milliseconds;
constexpr ide::channel::settings hasty{.patience = milliseconds(30), .step = milliseconds(1), .steps = 5};

struct machine {
    explicit machine(size_t sectors, bool wide = true) : disk(sectors, 1, wide), controller(disk, wide) {}
    ide::drive& start(const ide::channel::settings& s = {})
    {
        auto made = controller.make(s);
        EXPECT_TRUE(made);
        return *made.value();
    }
    std::span<std::byte> buffer(size_t bytes)
    {
        memory.emplace_back(bytes);
        return controller.memory.emplace_back(memory.back());
    }
    bool has(u64 first, std::span<const std::byte> bytes)
    {
        return std::equal(bytes.begin(), bytes.end(), disk.at(first));
    }

    model_ata_disk disk;
    std::vector<std::vector<std::byte>> memory;
    model_ide controller;
};
} // namespace

TEST(ide, reads_writes_and_flushes)
{
    for (const bool wide : {true, false}) {
        machine m(4096, wide);
        auto& driver = m.start();
        EXPECT_EQ(driver.sector_count(), 4096u);
        auto buffer = m.buffer(3 * sector);
        ASSERT_TRUE(driver.read(7, buffer));
        EXPECT_TRUE(m.has(7, buffer));
        std::fill(buffer.begin(), buffer.end(), std::byte{0x5a});
        ASSERT_TRUE(driver.write(100, buffer));
        EXPECT_TRUE(m.has(100, buffer));
        ASSERT_TRUE(driver.flush());
        EXPECT_EQ(m.disk.flushes, 1u);
    }
}

TEST(ide, no_region_crosses_a_border)
{
    machine m(8192);
    auto& driver = m.start();
    auto whole = m.buffer(700 * sector + 64);
    const auto even = whole.subspan(46, 700 * sector); // sectors are cut by the borders, too
    ASSERT_TRUE(driver.read(5, even));
    EXPECT_TRUE(m.has(5, even));
    ASSERT_TRUE(driver.write(3000, even));
    EXPECT_TRUE(m.has(3000, even));
}

TEST(ide, a_command_has_as_many_sectors_as_it_can_count)
{
    machine m(4096, false);
    auto& driver = m.start();
    auto buffer = m.buffer(1000 * sector);
    const unsigned before = m.disk.commands;
    ASSERT_TRUE(driver.read(1, buffer));
    EXPECT_TRUE(m.has(1, buffer));
    EXPECT_GE(m.disk.commands - before, 4u); // 256 in each at most
}

TEST(ide, callers_take_turns)
{
    machine m(4096);
    auto& driver = m.start();
    std::vector<std::span<std::byte>> buffers;
    m.memory.reserve(8);
    for (unsigned t = 0; t < 4; t++)
        buffers.push_back(m.buffer(40 * sector));
    std::vector<std::thread> users;
    for (u64 t = 0; t < 4; t++)
        users.emplace_back([&, t] {
            for (unsigned i = 0; i < 20; i++) {
                ASSERT_TRUE(driver.read(t * 50 + i, buffers[t]));
                EXPECT_TRUE(m.has(t * 50 + i, buffers[t]));
            }
        });
    for (auto& u : users)
        u.join();
}

TEST(ide, a_bad_sector_is_tried_twice_and_does_not_stick)
{
    machine m(4096);
    auto& driver = m.start(hasty);
    m.disk.bad_sector = 9;
    auto buffer = m.buffer(sector);
    EXPECT_EQ(driver.read(9, buffer).error(), errc::eio);
    EXPECT_EQ(m.controller.resets, 2u);
    EXPECT_TRUE(driver.read(8, buffer));
}

TEST(ide, an_error_on_the_bus_is_an_error)
{
    machine m(4096);
    auto& driver = m.start(hasty);
    auto buffer = m.buffer(sector);
    m.controller.bus_error = true;
    EXPECT_EQ(driver.read(9, buffer).error(), errc::eio);
    m.controller.bus_error = false;
    EXPECT_TRUE(driver.read(9, buffer));
}

TEST(ide, a_command_that_never_ends)
{
    machine m(4096);
    auto& driver = m.start(hasty);
    auto buffer = m.buffer(sector);
    m.controller.silent = true;
    EXPECT_EQ(driver.read(9, buffer).error(), errc::eio);
    m.controller.silent = false;
}

TEST(ide, a_channel_that_does_not_come_back_is_cut_off)
{
    machine m(4096);
    auto& driver = m.start(hasty);
    auto buffer = m.buffer(sector);
    m.disk.bad_sector = 9;
    m.controller.comes_back = false;
    EXPECT_EQ(driver.read(9, buffer).error(), errc::eio);
    EXPECT_TRUE(m.controller.is_cut_off);
    EXPECT_EQ(driver.read(8, buffer).error(), errc::eio);
}

TEST(ide, interrupts_of_nobody_are_passed_over)
{
    machine m(4096);
    auto& driver = m.start();
    m.controller.spurious = 1;
    auto buffer = m.buffer(sector);
    for (u64 i = 0; i < 50; i++) {
        ASSERT_TRUE(driver.read(i, buffer));
        EXPECT_TRUE(m.has(i, buffer));
    }
}

TEST(ide, what_is_no_disk_is_left_alone)
{
    machine m(100);
    m.disk.set(0, 0x8580);
    EXPECT_EQ(m.controller.make().error(), errc::enodev);
}
