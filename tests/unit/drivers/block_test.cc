// virtio-blk against a model disk: requests of all shapes, several at a time, errors, and a device that lies.
#include <gtest/gtest.h>

#include <random>

#include "drivers/virtio/block.hh"
#include "tests/unit/drivers/model_transport.hh"

namespace
{
constexpr size_t sector = block_device::sector_size;
constexpr u64 feature_segments = 1u << 2, feature_read_only = 1u << 5, feature_flush = 1u << 9;

class model_disk : public model_device
{
  public:
    explicit model_disk(size_t sectors) : data(sectors * sector)
    {
        set_configuration<u64>(0, sectors);
        set_configuration<u32>(12, 30); // segments in a request
        features |= feature_segments | feature_flush;
        for (size_t i = 0; i < data.size(); i++)
            data[i] = static_cast<std::byte>(i / sector + i);
    }
    ~model_disk() { stop(); }

    /// The driver; kept to the end of the tests, because the device's thread looks at its rings.
    virtio::block* make()
    {
        start([this](u16, model_chain& chain) { return serve(chain); });
        auto transport = try_make_unique<model_transport>(*this);
        auto made = virtio::block::create(unique_ptr<virtio::transport>(transport.take().release()), 'a');
        EXPECT_TRUE(made);
        return keep(made.take());
    }
    static virtio::block* keep(unique_ptr<virtio::block> driver)
    {
        static std::vector<unique_ptr<virtio::block>> all;
        return all.emplace_back(std::move(driver)).get();
    }

    std::vector<std::byte> data;
    std::atomic<unsigned> flushes{0}, requests{0};
    std::atomic<u64> bad_sector{~u64{0}};
    std::atomic<size_t> largest_chain{0};

  private:
    std::optional<u32> serve(model_chain& chain)
    {
        struct {
            u32 type, reserved;
            u64 sector;
        } header;
        requests++;
        largest_chain = std::max<size_t>(largest_chain, chain.writable.size());
        std::memcpy(&header, chain.readable.data(), sizeof header);
        const size_t at = header.sector * sector;
        u8 status = header.sector == bad_sector ? 1 : 0;
        const u32 room = chain.room() - 1;
        std::vector<std::byte> answer(chain.room());
        if (header.type == 4)
            flushes++;
        else if (header.type == 1)
            std::copy(chain.readable.begin() + sizeof header, chain.readable.end(),
                      data.begin() + static_cast<long>(at));
        else if (header.type == 0)
            std::copy_n(data.begin() + static_cast<long>(at), room, answer.begin());
        answer.back() = std::byte{status};
        return chain.write(answer);
    }
};
} // namespace

TEST(virtio_block, reads_and_writes)
{
    model_disk disk(4096);
    auto* const driver = disk.make();
    EXPECT_EQ(driver->sector_count(), 4096u);
    EXPECT_EQ(driver->name(), "vda");
    std::vector<std::byte> buffer(3 * sector);
    ASSERT_TRUE(driver->read(7, buffer));
    EXPECT_TRUE(std::equal(buffer.begin(), buffer.end(), disk.data.begin() + 7 * sector));
    std::fill(buffer.begin(), buffer.end(), std::byte{0x5a});
    ASSERT_TRUE(driver->write(100, buffer));
    EXPECT_EQ(disk.data[100 * sector], std::byte{0x5a});
    EXPECT_EQ(disk.data[103 * sector - 1], std::byte{0x5a});
    EXPECT_NE(disk.data[103 * sector], std::byte{0x5a});
    ASSERT_TRUE(driver->flush());
    EXPECT_EQ(disk.flushes, 1u);
}

TEST(virtio_block, large_transfers_are_cut)
{
    model_disk disk(8192);
    auto* const driver = disk.make();
    std::vector<std::byte> buffer(3 << 20);
    ASSERT_TRUE(driver->read(5, buffer));
    EXPECT_TRUE(std::equal(buffer.begin(), buffer.end(), disk.data.begin() + 5 * sector));
    EXPECT_EQ(disk.requests, 3u);
}

TEST(virtio_block, pieces_go_in_one_request)
{
    model_disk disk(4096);
    auto* const driver = disk.make();
    std::vector<std::vector<std::byte>> memory(40, std::vector<std::byte>(2 * sector));
    std::vector<std::span<std::byte>> pieces(memory.begin(), memory.end());
    ASSERT_TRUE(driver->read_pieces(10, pieces));
    for (size_t i = 0; i < memory.size(); i++)
        EXPECT_TRUE(std::equal(memory[i].begin(), memory[i].end(),
                               disk.data.begin() + static_cast<long>((10 + 2 * i) * sector)))
            << i;
    EXPECT_EQ(disk.requests, 2u); // 30 segments at most
    EXPECT_EQ(disk.largest_chain, 31u);
}

TEST(virtio_block, ranges_are_checked)
{
    model_disk disk(100);
    auto* const driver = disk.make();
    std::vector<std::byte> buffer(2 * sector);
    EXPECT_EQ(driver->read(99, buffer).error(), errc::einval);
    EXPECT_EQ(driver->read(~u64{0}, buffer).error(), errc::einval);
    EXPECT_EQ(driver->read(0, std::span(buffer).first(100)).error(), errc::einval);
    EXPECT_TRUE(driver->read(98, buffer));
    EXPECT_TRUE(driver->read(100, std::span<std::byte>()));
}

TEST(virtio_block, errors_are_reported_and_do_not_stick)
{
    model_disk disk(100);
    auto* const driver = disk.make();
    std::vector<std::byte> buffer(sector);
    disk.bad_sector = 3;
    EXPECT_EQ(driver->read(3, buffer).error(), errc::eio);
    EXPECT_TRUE(driver->read(4, buffer));
}

TEST(virtio_block, read_only_disks_refuse_writes)
{
    model_disk disk(100);
    disk.features |= feature_read_only;
    auto* const driver = disk.make();
    std::vector<std::byte> buffer(sector);
    EXPECT_TRUE(driver->read_only());
    EXPECT_EQ(driver->write(0, buffer).error(), errc::erofs);
}

TEST(virtio_block, works_without_ring_features)
{
    model_disk disk(4096);
    disk.features = virtio::feature::version_1 | feature_segments;
    disk.queue_limit = 8;
    auto* const driver = disk.make();
    std::vector<std::vector<std::byte>> memory(10, std::vector<std::byte>(sector));
    std::vector<std::span<std::byte>> pieces(memory.begin(), memory.end());
    ASSERT_TRUE(driver->read_pieces(0, pieces));
    EXPECT_EQ(disk.requests, 2u); // 8 descriptors hold 6 segments
    EXPECT_TRUE(driver->flush());
    EXPECT_EQ(disk.flushes, 0u);
}

TEST(virtio_block, many_threads)
{
    model_disk disk(4096);
    auto* const driver = disk.make();
    std::vector<std::thread> threads;
    std::atomic<unsigned> wrong{0};
    for (unsigned t = 0; t < 24; t++)
        threads.emplace_back([&, t] {
            std::mt19937 random(t);
            std::vector<std::byte> buffer(2 * sector);
            for (int i = 0; i < 30; i++) {
                const u64 at = random() % 4000;
                if (!driver->read(at, buffer) ||
                    !std::equal(buffer.begin(), buffer.end(),
                                disk.data.begin() + static_cast<long>(at * sector)))
                    wrong++;
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(wrong, 0u);
}

TEST(virtio_block, a_device_that_lies_fails_every_request)
{
    model_disk disk(100);
    disk.start([](u16, model_chain& chain) -> std::optional<u32> {
        chain.head = static_cast<u16>(chain.head + 1); // a chain that it does not have
        return 1;
    });
    auto made = virtio::block::create(
        unique_ptr<virtio::transport>(try_make_unique<model_transport>(disk).take().release()), 'a');
    ASSERT_TRUE(made);
    auto* const driver = model_disk::keep(made.take());
    std::vector<std::byte> buffer(sector);
    EXPECT_EQ(driver->read(0, buffer).error(), errc::eio);
    EXPECT_EQ(driver->read(0, buffer).error(), errc::eio);
}

TEST(virtio_block, devices_that_cannot_be_used)
{
    const auto error_of = [](auto prepare) {
        model_disk disk(100);
        prepare(disk);
        disk.start([](u16, model_chain&) { return std::nullopt; });
        auto made = virtio::block::create(
            unique_ptr<virtio::transport>(try_make_unique<model_transport>(disk).take().release()), 'a');
        return made ? errc{} : made.error();
    };
    EXPECT_EQ(error_of([](model_disk& d) { d.features = 0; }), errc::enodev);
    EXPECT_EQ(error_of([](model_disk& d) { d.refuses_features = true; }), errc::eio);
    EXPECT_EQ(error_of([](model_disk& d) { d.queue_count = 0; }), errc::enodev);
    EXPECT_EQ(error_of([](model_disk& d) { d.queue_limit = 2; }), errc::einval);
}
