// A disk on an AHCI port against a model controller: requests, queues, errors, and a controller that is
// broken.
#include <gtest/gtest.h>

#include "tests/unit/drivers/model_ahci.hh"

namespace
{
constexpr size_t sector = model_ata_disk::sector;
using milliseconds = std::chrono::milliseconds;
constexpr ahci::port::timing hasty{.patience = milliseconds(30), .step = milliseconds(1), .steps = 5};

struct machine {
    explicit machine(size_t sectors, unsigned depth = 32, bool wide = true)
        : disk(sectors, depth, wide), controller(disk)
    {
    }
    ahci::port& start(const ahci::port::timing& t = {})
    {
        auto made = controller.make(t);
        EXPECT_TRUE(made);
        return *made.value();
    }
    bool has(u64 first, std::span<const std::byte> bytes)
    {
        return std::equal(bytes.begin(), bytes.end(), disk.at(first));
    }

    model_ata_disk disk;
    model_ahci controller;
};

void fill(std::span<std::byte> bytes, u8 value)
{
    std::fill(bytes.begin(), bytes.end(), std::byte{value});
}
} // namespace

TEST(ahci, reads_writes_and_flushes)
{
    machine m(4096);
    auto& driver = m.start();
    EXPECT_EQ(driver.sector_count(), 4096u);
    EXPECT_EQ(driver.name().substr(0, 2), "sd");
    std::vector<std::byte> buffer(3 * sector);
    ASSERT_TRUE(driver.read(7, buffer));
    EXPECT_TRUE(m.has(7, buffer));
    fill(buffer, 0x5a);
    ASSERT_TRUE(driver.write(100, buffer));
    EXPECT_TRUE(m.has(100, buffer));
    ASSERT_TRUE(driver.flush());
    EXPECT_EQ(m.disk.flushes, 1u);
}

TEST(ahci, large_transfers_are_cut_at_a_mebibyte)
{
    machine m(8192);
    auto& driver = m.start();
    std::vector<std::byte> buffer(3 << 20);
    const unsigned before = m.disk.commands;
    ASSERT_TRUE(driver.read(5, buffer));
    EXPECT_TRUE(m.has(5, buffer));
    EXPECT_EQ(m.disk.commands - before, 3u);
}

TEST(ahci, pieces_go_together)
{
    machine m(4096);
    auto& driver = m.start();
    std::vector<std::vector<std::byte>> memory(40, std::vector<std::byte>(2 * sector));
    std::vector<std::span<std::byte>> pieces(memory.begin(), memory.end());
    const unsigned before = m.disk.commands;
    ASSERT_TRUE(driver.read_pieces(10, pieces));
    for (size_t i = 0; i < memory.size(); i++)
        EXPECT_TRUE(m.has(10 + 2 * i, memory[i])) << i;
    EXPECT_EQ(m.disk.commands - before, 2u); // 32 regions in one
}

TEST(ahci, memory_at_odd_addresses_is_copied)
{
    machine m(4096);
    auto& driver = m.start();
    std::vector<std::byte> buffer(100 * sector + 1);
    const auto odd = std::span(buffer).subspan(1);
    ASSERT_TRUE(driver.read(9, odd));
    EXPECT_TRUE(m.has(9, odd));
    fill(odd, 0x33);
    ASSERT_TRUE(driver.write(1000, odd));
    EXPECT_TRUE(m.has(1000, odd));
}

TEST(ahci, ranges_are_checked)
{
    machine m(100);
    auto& driver = m.start();
    std::vector<std::byte> buffer(2 * sector);
    EXPECT_EQ(driver.read(99, buffer).error(), errc::einval);
    EXPECT_EQ(driver.read(~u64{0}, buffer).error(), errc::einval);
    EXPECT_EQ(driver.read(0, std::span(buffer).first(100)).error(), errc::einval);
    EXPECT_TRUE(driver.read(98, buffer));
}

TEST(ahci, a_disk_without_a_queue_gets_one_command_at_a_time)
{
    machine m(2048, 1, false);
    auto& driver = m.start();
    std::vector<std::thread> readers;
    for (u64 t = 0; t < 4; t++)
        readers.emplace_back([&, t] {
            std::vector<std::byte> buffer(300 * sector);
            ASSERT_TRUE(driver.read(t * 300, buffer));
            EXPECT_TRUE(m.has(t * 300, buffer));
        });
    for (auto& r : readers)
        r.join();
    EXPECT_EQ(m.controller.most_at_once, 1u);
}

TEST(ahci, a_queue_is_used_and_flushes_go_alone)
{
    machine m(4096, 8);
    auto& driver = m.start();
    std::vector<std::thread> users;
    for (u64 t = 0; t < 12; t++)
        users.emplace_back([&, t] {
            std::vector<std::byte> buffer(4 * sector);
            for (unsigned i = 0; i < 50; i++) {
                fill(buffer, static_cast<u8>(t * 16 + i));
                ASSERT_TRUE(driver.write(t * 100 + i, buffer));
                ASSERT_TRUE(driver.read(t * 100 + i, buffer));
                EXPECT_EQ(buffer[0], static_cast<std::byte>(t * 16 + i));
                if (i % 10 == 0) {
                    ASSERT_TRUE(driver.flush());
                }
            }
        });
    for (auto& u : users)
        u.join();
    EXPECT_GT(m.controller.most_at_once, 1u);
    EXPECT_LE(m.controller.most_at_once, 8u);
    EXPECT_FALSE(m.controller.flush_met_company);
    EXPECT_FALSE(m.controller.tag_met_untagged);
}

TEST(ahci, a_bad_sector_fails_its_own_request_only)
{
    machine m(4096);
    auto& driver = m.start();
    m.disk.bad_sector = 300;
    m.controller.holds = 6; // the bad one has company
    std::vector<std::thread> users;
    for (u64 t = 0; t < 6; t++)
        users.emplace_back([&, t] {
            std::vector<std::byte> buffer(sector);
            const auto got = driver.read(t * 100, buffer);
            EXPECT_EQ(got.has_value(), t != 3) << t;
        });
    for (auto& u : users)
        u.join();
    std::vector<std::byte> buffer(sector);
    EXPECT_TRUE(driver.read(1, buffer));
    EXPECT_EQ(m.controller.resets, 2u); // for all that were under way, and for the bad one alone
}

TEST(ahci, a_command_that_never_ends_is_tried_once_more)
{
    machine m(4096);
    auto& driver = m.start(hasty);
    m.controller.silent = true;
    std::vector<std::byte> buffer(sector);
    EXPECT_EQ(driver.read(1, buffer).error(), errc::eio);
    EXPECT_EQ(m.controller.resets, 1u);
    m.controller.silent = false;
    EXPECT_TRUE(driver.read(1, buffer)); // and the port is of use again
    EXPECT_TRUE(m.has(1, buffer));
}

TEST(ahci, a_port_that_does_not_stop_is_cut_off)
{
    machine m(4096);
    auto& driver = m.start(hasty);
    m.disk.bad_sector = 5;
    m.controller.stops = false;
    std::vector<std::byte> buffer(sector);
    EXPECT_EQ(driver.read(5, buffer).error(), errc::eio);
    EXPECT_TRUE(m.controller.is_cut_off);
    EXPECT_EQ(driver.read(6, buffer).error(), errc::eio);
    EXPECT_EQ(driver.flush().error(), errc::eio);
}

TEST(ahci, a_link_that_stays_down_is_the_end)
{
    machine m(4096);
    auto& driver = m.start(hasty);
    m.disk.bad_sector = 5;
    m.controller.comes_back = false;
    std::vector<std::byte> buffer(sector);
    EXPECT_EQ(driver.read(5, buffer).error(), errc::eio);
    EXPECT_EQ(driver.read(6, buffer).error(), errc::eio);
}

TEST(ahci, bits_of_slots_that_are_not_in_use_mean_nothing)
{
    machine m(4096, 4);
    auto& driver = m.start();
    m.controller.junk = 0xffff'fff0;
    std::vector<std::byte> buffer(sector);
    EXPECT_TRUE(driver.read(1, buffer));
    EXPECT_TRUE(m.has(1, buffer));
}

TEST(ahci, what_is_no_disk_is_left_alone)
{
    model_ata_disk disk(100);
    model_ahci controller(disk);
    controller.set_signature(0xeb14'0101); // a CD drive
    EXPECT_EQ(controller.make().error(), errc::enodev);
}

TEST(ahci, an_identity_that_makes_no_sense_is_refused)
{
    for (const auto& [word, value] : {std::pair<size_t, u16>{49, 0}, {0, 0x8000}, {106, 0x5000}}) {
        machine m(100);
        m.disk.set(word, value);
        EXPECT_FALSE(m.controller.make()) << word;
    }
    model_ata_disk empty(0);
    model_ahci controller(empty);
    EXPECT_EQ(controller.make().error(), errc::einval);
}
