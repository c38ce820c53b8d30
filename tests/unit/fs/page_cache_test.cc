// The page cache on a medium that is a function of the offset: sharing, read-ahead, reclaim, write-back,
// failures.
#include <atomic>
#include <cstring>
#include <map>
#include <thread>

#include "core/mm/frames.hh"
#include "core/mm/layout.hh"
#include "core/mm/reclaim.hh"
#include "fs/cache/cached_object.hh"
#include "tests/unit/fs/memory.hh"
#include "tests/unit/fs/support.hh"

using namespace test;

namespace
{
class numbered_pages final : public cache::cached_object
{
  public:
    explicit numbered_pages(u64 pages) : _size(pages * page_size - 100) {}
    ~numbered_pages() override { forget_all(); }

    u64 size() const override { return _size; }
    size_t describe(char*, size_t) const override { return 0; }

    std::atomic<int> requests{0};
    std::atomic<int> pages_read{0};
    std::atomic<u64> bad_index{~u64{0}};
    std::map<u64, u64> written;

  private:
    result<void> read_pages(u64 first, std::span<std::byte> pages) override
    {
        requests++;
        for (u64 i = 0; i < pages.size() / page_size; i++, pages_read++) {
            if (first + i == bad_index)
                return fail(errc::eio);
            const u64 number = first + i;
            std::memcpy(pages.data() + i * page_size, &number, sizeof number);
        }
        std::this_thread::yield();
        return {};
    }
    result<void> write_page(u64 index, std::span<const std::byte> page) override
    {
        std::memcpy(&written[index], page.data(), sizeof(u64));
        return {};
    }

    const u64 _size;
};

u64 number_of(const mm::page_ref& page)
{
    return *mm::to_virtual<u64>(page.frame());
}

TEST(page_cache, reads_each_page_once)
{
    auto object = make_ref<numbered_pages>(u64{1000}).take();
    for (int round = 0; round < 2; round++)
        for (u64 i = 0; i < 1000; i++)
            ASSERT_EQ(number_of(object->page(i, mm::access::read).take()), i);
    EXPECT_EQ(object->pages_read, 1000);
    EXPECT_LT(object->requests, 40); // read-ahead
    EXPECT_EQ(error_of(object->page(1000, mm::access::read)), ENXIO);
    EXPECT_FALSE(object->page_if_present(1000));
    EXPECT_TRUE(object->page_if_present(5));
}

TEST(page_cache, a_file_larger_than_memory)
{
    static const bool registered = (cache::register_reclaimer(), true);
    EXPECT_TRUE(registered);
    while (mm::reclaim_frames(1000) > 0) // what other tests left
        ;
    const u64 before = frames_in_use();
    set_frame_limit(before + 300);
    {
        auto object = make_ref<numbered_pages>(u64{5000}).take();
        const auto pinned = object->page(3, mm::access::read).take();
        for (u64 i = 0; i < 5000; i++) {
            auto page = object->page(i, mm::access::read);
            ASSERT_EQ(error_of(page), 0) << i;
            ASSERT_EQ(number_of(page.value()), i);
        }
        EXPECT_LE(object->cached_pages(), 300u);
        EXPECT_EQ(number_of(pinned), 3u);
    }
    EXPECT_EQ(frames_in_use(), before);
    set_frame_limit(1 << 20);
}

TEST(page_cache, threads_wait_for_one_read)
{
    auto object = make_ref<numbered_pages>(u64{2000}).take();
    std::vector<std::thread> readers;
    for (int t = 0; t < 4; t++)
        readers.emplace_back([&] {
            for (u64 i = 0; i < 2000; i++)
                EXPECT_EQ(number_of(object->page(i, mm::access::read).take()), i);
        });
    for (auto& r : readers)
        r.join();
    EXPECT_EQ(object->pages_read, 2000);
}

TEST(page_cache, failures_are_not_cached)
{
    auto object = make_ref<numbered_pages>(u64{100}).take();
    object->bad_index = 2;
    EXPECT_EQ(number_of(object->page(0, mm::access::read).take()), 0u); // the bad page was only read ahead
    EXPECT_EQ(error_of(object->page(2, mm::access::read)), EIO);
    object->bad_index = ~u64{0};
    EXPECT_EQ(number_of(object->page(2, mm::access::read).take()), 2u);
}

TEST(page_cache, dirty_pages)
{
    auto object = make_ref<numbered_pages>(u64{100}).take();
    for (const u64 i : {4, 50, 99})
        *mm::to_virtual<u64>(object->page(i, mm::access::write).take().frame()) = i * 1000;
    mm::reclaim_frames(1000); // dirty pages stay
    mm::reclaim_frames(1000);
    EXPECT_EQ(object->cached_pages(), 3u);
    EXPECT_EQ(error_of(object->write_back(10, 1000)), 0);
    EXPECT_EQ(object->written, (std::map<u64, u64>{{50, 50000}, {99, 99000}}));
    EXPECT_EQ(error_of(object->write_back(0, ~u64{0})), 0);
    EXPECT_EQ(object->written.size(), 3u);
    object->written.clear();
    EXPECT_EQ(error_of(object->write_back(0, ~u64{0})), 0);
    EXPECT_TRUE(object->written.empty());
    object->discard_from(50);
    mm::reclaim_frames(1000);
    mm::reclaim_frames(1000);
    EXPECT_EQ(object->cached_pages(), 0u);
}
} // namespace
