// The store's client against a model of xenstored, and the streams of bytes below it.
#include <gtest/gtest.h>

#include "drivers/xen/clock.hh"
#include "tests/unit/drivers/model_xen_store.hh"

namespace
{
std::array<char, 256> room;
}

TEST(xen_byte_line, streams_wrap_around)
{
    xen::console_page page{};
    page.in_producer = page.in_consumer = 0xffff'fff0; // counters overflow, too
    xen::byte_line line(page);
    for (unsigned i = 0; i < 3000; i++) {
        page.in[page.in_producer++ % xen::console_page::in_size] = static_cast<std::byte>(i);
        std::byte got{};
        ASSERT_EQ(line.available(), 1u);
        ASSERT_EQ(line.read({&got, 1}), 1u);
        ASSERT_EQ(got, static_cast<std::byte>(i));
    }
    EXPECT_TRUE(line.drained());
    std::vector<std::byte> much(5000, std::byte{7});
    EXPECT_EQ(line.write(much), xen::console_page::out_size);
    EXPECT_EQ(line.room(), 0u);
    EXPECT_FALSE(line.drained());
    page.out_consumer += 100;
    EXPECT_EQ(line.write(much), 100u);
}

TEST(xen_byte_line, indexes_that_cannot_be)
{
    xen::console_page page{};
    xen::byte_line line(page);
    page.in_producer = xen::console_page::in_size + 1;
    std::byte got{};
    EXPECT_EQ(line.read({&got, 1}), 0u);
    EXPECT_TRUE(line.broken());

    xen::console_page other{};
    xen::byte_line out(other);
    other.out_consumer = 1; // more than was ever written
    EXPECT_EQ(out.write({&got, 1}), 0u);
    EXPECT_TRUE(out.broken());
}

TEST(xen_store, reads_writes_and_lists)
{
    model_xen_store model;
    auto& store = model.client;
    ASSERT_TRUE(store.write("name", "value"));
    EXPECT_EQ(store.read("name", room).value(), "value");
    EXPECT_EQ(store.read("other", room).error(), errc::enoent);
    ASSERT_TRUE(store.write("n", "42"));
    EXPECT_EQ(store.read_number("n").value(), 42u);
    EXPECT_EQ(store.read_number("name").error(), errc::einval);
    ASSERT_TRUE(store.write("device/vbd/1", ""));
    ASSERT_TRUE(store.write("device/vbd/2", ""));
    EXPECT_EQ(store.list("device/vbd", room).value(), std::string_view("1\0"
                                                                       "2\0",
                                                                       4));
}

TEST(xen_store, long_texts)
{
    model_xen_store model;
    const std::string text(3000, 'x'); // longer than the ring
    ASSERT_TRUE(model.client.write("long", text));
    EXPECT_EQ(model.client.read("long", room).error(), errc::erange);
    std::vector<char> enough(4096);
    EXPECT_EQ(model.client.read("long", enough).value(), text);
    EXPECT_EQ(model.client.write("longer", std::string(5000, 'x')).error(), errc::erange);
    EXPECT_EQ(model.client.read("long", enough).value(), text);
}

TEST(xen_store, watchers_hear_of_news_also_between_answers)
{
    model_xen_store model;
    std::atomic<unsigned> calls{0};
    const auto count = [](void* n) { (*static_cast<std::atomic<unsigned>*>(n))++; };
    ASSERT_TRUE(model.client.watch("back", count, &calls));
    const auto wait_for = [&](unsigned wanted) {
        for (unsigned i = 0; i < 2000 && calls < wanted; i++) {
            model.client.call_watchers();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return calls >= wanted;
    };
    EXPECT_TRUE(wait_for(1)); // as soon as it watches
    model.change("back/state", "4");
    EXPECT_EQ(model.client.read_number("back/state").value(), 4u); // the news come before the answer
    EXPECT_TRUE(wait_for(2));
    model.change("elsewhere", "");
    EXPECT_FALSE(calls > 2);
}

TEST(xen_store, many_threads_ask)
{
    model_xen_store model;
    for (unsigned t = 0; t < 6; t++)
        model.texts["t" + std::to_string(t)] = std::to_string(t);
    std::vector<std::thread> users;
    for (unsigned t = 0; t < 6; t++)
        users.emplace_back([&, t] {
            for (unsigned i = 0; i < 50; i++)
                EXPECT_EQ(model.client.read_number("t" + std::to_string(t)).value(), t);
        });
    for (auto& u : users)
        u.join();
}

TEST(xen_store, an_answer_of_another_kind_ends_it)
{
    model_xen_store model;
    model.lie = {{3, "x"}};
    EXPECT_EQ(model.client.read("name", room).error(), errc::eio);
    model.lie.reset();
    EXPECT_EQ(model.client.read("name", room).error(), errc::eio);
}

TEST(xen_clock, uptime_is_scaled)
{
    xen::vcpu_time t{.tsc = 1000, .system_time = 5, .multiplier = 0x8000'0000, .shift = 1};
    EXPECT_EQ(xen::uptime_of(t, 1000), 5u);
    EXPECT_EQ(xen::uptime_of(t, 3000), 2005u); // (2000 << 1) / 2
    t.shift = -1;
    EXPECT_EQ(xen::uptime_of(t, 3000), 505u);
    EXPECT_EQ(xen::uptime_of(t, 900), 5u); // another CPU's counter
}

TEST(xen_clock, the_date)
{
    xen::shared_info info{};
    info.wall_seconds = 1'700'000'000;
    info.wall_seconds_high = 0;
    info.wall_nanoseconds = 500;
    info.vcpus[0].time = {.tsc = ~u64{0}, .system_time = 2'000'000'000};
    EXPECT_EQ(xen::read_wall_clock(info), std::chrono::seconds(1'700'000'002) + nanoseconds(500));
}
