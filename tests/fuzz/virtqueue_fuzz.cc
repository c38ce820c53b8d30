// A device that writes whatever it likes into the shared memory of a virtqueue, while the driver goes on
// using it.
//
// Each byte of the input is an action; the driver must never touch a wrong token or lose count of its
// descriptors.
#include <cstdlib>
#include <cstring>
#include <set>

#include "core/mm/layout.hh"
#include "drivers/virtio/virtqueue.hh"
#include "tests/fuzz/fuzz_input.hh"

namespace
{
constexpr u16 queue_size = 8;

void check(bool holds)
{
    if (!holds)
        abort();
}

void add_request(virtio::virtqueue& queue, fuzz_input& input, std::set<void*>& offered, char* tokens)
{
    static char memory[256];
    virtio::segment segments[4];
    for (auto& s : segments)
        s = {mm::to_physical(memory), input.byte()};
    const size_t readable = input.byte() % 3;
    void* token = tokens + input.byte() % 16;
    if (offered.contains(token))
        return;
    if (queue.add({segments, readable}, {segments + 2, 1}, token))
        offered.insert(token);
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    fuzz_input input{data, size};
    const u8 options = input.byte();
    auto created =
        virtio::virtqueue::create(queue_size, {.event_index = (options & 1) != 0, .indirect = false});
    if (!created)
        return 0;
    auto queue = created.take();
    auto* shared = mm::to_virtual<u8>(queue->descriptor_area());
    const size_t used = virtio::ring_offsets::of(queue_size).used;
    const size_t total = virtio::ring_offsets::of(queue_size).total;
    char tokens[16];
    std::set<void*> offered;
    while (input.left > 0) {
        switch (input.byte() % 6) {
        case 0:
            add_request(*queue, input, offered, tokens);
            break;
        case 1:
            (void)queue->publish();
            break;
        case 2:
            while (const auto done = queue->take())
                check(offered.erase(done->token) == 1);
            break;
        case 3: // anywhere, also where only the driver should write
            shared[(input.byte() | input.byte() << 8) % total] = input.byte();
            break;
        case 4: { // a plausible used entry
            u16 index;
            std::memcpy(&index, shared + used + 2, 2);
            const u32 entry[2] = {input.byte() % 10u, input.byte() % 8u};
            std::memcpy(shared + used + 4 + 8 * (index % queue_size), entry, 8);
            index++;
            std::memcpy(shared + used + 2, &index, 2);
            break;
        }
        default:
            (void)queue->enable_interrupts();
        }
        check(queue->in_flight() == offered.size());
        check(queue->free_descriptors() <= queue_size);
    }
    while (const auto done = queue->abandon())
        check(offered.erase(done->token) == 1);
    check(offered.empty() && queue->free_descriptors() == queue_size);
    return 0;
}
