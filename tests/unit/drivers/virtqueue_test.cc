// The driver's side of a virtqueue against a model device that keeps the rules, and against ones that do not.
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "drivers/virtio/virtqueue.hh"
#include "tests/unit/drivers/model_queue.hh"

namespace
{
using virtio::segment;
using virtio::virtqueue;

unique_ptr<virtqueue> make(u16 size,
                           virtio::queue_features features = {.event_index = true, .indirect = true})
{
    auto queue = virtqueue::create(size, features);
    EXPECT_TRUE(queue);
    return queue.take();
}

segment piece(const void* p, size_t length)
{
    return {mm::to_physical(p), static_cast<u32>(length)};
}
int token_storage[64];
void* token(int i)
{
    return &token_storage[i];
}
} // namespace

TEST(virtqueue, sizes_must_be_powers_of_two)
{
    EXPECT_FALSE(virtqueue::create(0, {}));
    EXPECT_FALSE(virtqueue::create(3, {}));
    EXPECT_FALSE(virtqueue::create(2048, {}));
    EXPECT_TRUE(virtqueue::create(1, {}));
}

TEST(virtqueue, one_request_goes_there_and_back)
{
    auto queue = make(8);
    model_queue device(*queue);
    const char out[] = "hello";
    char in[16] = {};
    const segment readable[] = {piece(out, 5)};
    const segment writable[] = {piece(in, 8), piece(in + 8, 8)};
    ASSERT_TRUE(queue->add(readable, writable, token(1)));
    EXPECT_FALSE(device.has_work());
    EXPECT_TRUE(queue->publish());
    EXPECT_FALSE(queue->publish()); // nothing new
    auto chain = device.next();
    ASSERT_TRUE(chain);
    EXPECT_EQ(chain->readable.size(), 5u);
    EXPECT_EQ(chain->room(), 16u);
    EXPECT_FALSE(queue->take());
    EXPECT_TRUE(device.finish(chain->head, chain->write(std::as_bytes(std::span("0123456789", 10)))));
    const auto done = queue->take();
    ASSERT_TRUE(done);
    EXPECT_EQ(done->token, token(1));
    EXPECT_EQ(done->written, 10u);
    EXPECT_EQ(std::string_view(in, 10), "0123456789");
    EXPECT_EQ(queue->free_descriptors(), 8);
}

TEST(virtqueue, a_full_queue_says_so)
{
    auto queue = make(4, {});
    char byte;
    const segment two[] = {piece(&byte, 1), piece(&byte, 1)};
    const segment five[] = {two[0], two[0], two[0], two[0], two[0]};
    EXPECT_EQ(queue->add(five, {}, token(0)).error(), errc::einval);
    EXPECT_EQ(queue->add({}, {}, token(0)).error(), errc::einval);
    EXPECT_TRUE(queue->add(two, {}, token(0)));
    EXPECT_TRUE(queue->add({}, two, token(1)));
    EXPECT_EQ(queue->add(two, {}, token(2)).error(), errc::eagain);
}

TEST(virtqueue, an_indirect_table_takes_one_descriptor)
{
    auto queue = make(4);
    model_queue device(*queue);
    virtio::descriptor table[8];
    char bytes[8] = "abcdefg";
    std::vector<segment> readable;
    for (int i = 0; i < 6; i++)
        readable.push_back(piece(bytes + i, 1));
    char status = 7;
    const segment writable[] = {piece(&status, 1)};
    ASSERT_TRUE(queue->add(readable, writable, token(3), {table}));
    EXPECT_EQ(queue->free_descriptors(), 3);
    EXPECT_TRUE(queue->publish());
    auto chain = device.next();
    ASSERT_TRUE(chain);
    EXPECT_EQ(std::memcmp(chain->readable.data(), "abcdef", 6), 0);
    EXPECT_EQ(chain->room(), 1u);
}

TEST(virtqueue, notifications_are_suppressed_by_the_event_index)
{
    auto queue = make(8);
    model_queue device(*queue);
    char byte;
    const segment one[] = {piece(&byte, 1)};
    ASSERT_TRUE(queue->add(one, {}, token(0)));
    EXPECT_TRUE(queue->publish());
    ASSERT_TRUE(queue->add(one, {}, token(1)));
    EXPECT_FALSE(queue->publish()); // the device has not looked yet: it was told once
    device.next();
    device.next();
    ASSERT_TRUE(queue->add(one, {}, token(2)));
    EXPECT_TRUE(queue->publish());
}

TEST(virtqueue, interrupts_are_suppressed_until_wanted)
{
    for (const bool event_index : {false, true}) {
        auto queue = make(8, {.event_index = event_index});
        model_queue device(*queue, event_index);
        char byte;
        const segment one[] = {piece(&byte, 1)};
        for (int i = 0; i < 4; i++)
            ASSERT_TRUE(queue->add(one, {}, token(i)));
        (void)queue->publish();
        queue->disable_interrupts();
        EXPECT_FALSE(device.finish(device.next()->head, 0));
        EXPECT_TRUE(queue->enable_interrupts()) << "a completion is waiting";
        ASSERT_TRUE(queue->take());
        EXPECT_FALSE(queue->enable_interrupts());
        EXPECT_TRUE(device.finish(device.next()->head, 0));
    }
}

TEST(virtqueue, random_traffic_in_random_order)
{
    std::mt19937 random(1);
    auto queue = make(16);
    model_queue device(*queue);
    std::vector<char> memory(4096);
    std::deque<u16> at_device;
    std::vector<bool> pending(64);
    virtio::descriptor tables[64][4];
    size_t completed = 0;
    for (int step = 0; step < 300000; step++) {
        const int i = static_cast<int>(random() % 64);
        switch (random() % 4) {
        case 0: {
            if (pending[i])
                break;
            std::vector<segment> r(random() % 3), w(1 + random() % 2);
            for (auto* list : {&r, &w})
                for (auto& s : *list)
                    s = piece(&memory[random() % 4000], 1 + random() % 90);
            virtio::indirect_table table{};
            if (random() % 2)
                table.entries = tables[i];
            const auto added = queue->add(r, w, token(i), table);
            if (added)
                pending[i] = true;
            else
                ASSERT_EQ(added.error(), errc::eagain);
            break;
        }
        case 1:
            (void)queue->publish();
            while (auto chain = device.next())
                at_device.push_back(chain->head);
            break;
        case 2:
            if (!at_device.empty()) {
                const size_t which = random() % at_device.size();
                device.finish(at_device[which], 0);
                at_device.erase(at_device.begin() + static_cast<long>(which));
            }
            break;
        default:
            while (const auto done = queue->take()) {
                const auto index = static_cast<int*>(done->token) - token_storage;
                ASSERT_TRUE(pending[index]);
                pending[index] = false;
                completed++;
            }
        }
    }
    EXPECT_FALSE(queue->broken());
    EXPECT_GT(completed, 10000u);
}

TEST(virtqueue, a_device_that_breaks_the_rules_is_shut_out)
{
    char bytes[4] = {};
    const segment writable[] = {piece(bytes, 4)};
    const auto breaks = [&](auto misbehave) {
        auto queue = make(4);
        model_queue device(*queue);
        EXPECT_TRUE(queue->add({}, writable, token(0)));
        EXPECT_TRUE(queue->publish());
        const u16 head = device.next()->head;
        misbehave(device, head);
        while (queue->take()) {
        }
        EXPECT_TRUE(queue->broken());
        EXPECT_EQ(queue->add({}, writable, token(1)).error(), errc::eio);
        EXPECT_FALSE(queue->publish());
    };
    breaks([](model_queue& d, u16) { d.finish(77, 0); });
    breaks([](model_queue& d, u16 head) { d.finish((head + 1u) % 4, 0); });
    breaks([](model_queue& d, u16 head) { d.finish(head, 5); });
    breaks([](model_queue& d, u16 head) { d.finish(head, 0), d.finish(head, 0); });
    breaks([](model_queue& d, u16) { d.used()->index = 3; });
    breaks([](model_queue& d, u16 head) { d.finish(head | 0x10000u, 0); });
}

TEST(virtqueue, what_a_dead_device_holds_can_be_taken_back)
{
    auto queue = make(8);
    char byte;
    const segment one[] = {piece(&byte, 1)};
    for (int i = 0; i < 5; i++)
        ASSERT_TRUE(queue->add(one, {}, token(i)));
    size_t count = 0;
    while (queue->abandon())
        count++;
    EXPECT_EQ(count, 5u);
    EXPECT_EQ(queue->free_descriptors(), 8);
}
