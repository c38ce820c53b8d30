// A xenstored that sends what it likes, while one thread asks.
#include <cstring>

#include "drivers/xen/store.hh"
#include "tests/fuzz/fuzz_input.hh"
#include "tests/fuzz/one_thread.hh"

namespace
{
struct stage {
    fuzz_input input;
    xen::store_page page{};
    xen::store* client = nullptr;

    void send(std::span<const std::byte> bytes)
    {
        for (const std::byte b : bytes)
            page.answers[page.answer_producer++ % xen::store_page::size] = b;
    }

    /// An answer that is right but for what the input says, or anything.
    void act()
    {
        if (input.left == 0)
            return; // it says nothing any more
        page.request_consumer = page.request_producer;
        switch (input.byte() % 4) {
        case 0:
        case 1: {
            struct {
                u32 type, request, transaction, length;
            } h{input.byte() % 17u, input.byte(), 0, input.byte()};
            if (h.length > 250)
                h.length = input.word();
            send(std::as_bytes(std::span(&h, 1)));
            for (u32 i = 0; i < std::min<u32>(h.length, 300); i++) {
                const std::byte b{input.byte()};
                send({&b, 1});
            }
            break;
        }
        case 2:
            page.answer_producer = input.word();
            break;
        default:
            page.request_consumer = input.word();
        }
        client->interrupt();
    }
};
stage* now;
} // namespace

void device_acts()
{
    now->act();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    static stage s;
    s = {.input = {data, size}};
    now = &s;
    xen::store store(
        s.page, [](u32) {}, 1);
    s.client = &store;
    std::array<char, 64> room;
    while (s.input.left > 0) {
        switch (s.input.byte() % 5) {
        case 0:
            (void)store.read("path", room);
            break;
        case 1:
            (void)store.list("path", std::span(room).first(8));
            break;
        case 2:
            (void)store.write("path", "text");
            break;
        case 3:
            (void)store.watch(
                "path", [](void*) {}, nullptr);
            break;
        default:
            s.act();
            store.call_watchers();
        }
    }
    return 0;
}
