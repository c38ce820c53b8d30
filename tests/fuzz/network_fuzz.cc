// A network card that writes whatever it likes into its rings and receive buffers, while the driver receives
// and sends.
//
// Each byte of the input is an action. The driver must stay inside its buffers (AddressSanitizer watches) and
// lose none.
#include <sanitizer/asan_interface.h>

#include <cstring>
#include <vector>

#include "core/mm/layout.hh"
#include "drivers/virtio/network.hh"
#include "tests/fuzz/use_card.hh"

result<void> virtio::network::start_other_pairs()
{
    return {};
}

namespace
{
constexpr u16 ring_size = 32;

/// The device's side of one queue: chains that were offered, finished in any order and with any length.
struct hostile_queue {
    virtio::descriptor* descriptors;
    virtio::ring_header* available;
    virtio::ring_header* used;

    explicit hostile_queue(const virtio::virtqueue& q)
        : descriptors(mm::to_virtual<virtio::descriptor>(q.descriptor_area())),
          available(mm::to_virtual<virtio::ring_header>(q.driver_area())),
          used(mm::to_virtual<virtio::ring_header>(q.device_area()))
    {
    }
    u16 offered(u16 n) const { return reinterpret_cast<u16*>(available + 1)[n % ring_size]; }
    void finish(u32 head, u32 written)
    {
        reinterpret_cast<virtio::used_element*>(used + 1)[used->index % ring_size] = {head, written};
        used->index++;
    }
};

struct device_state {
    std::vector<std::pair<u16, hostile_queue>> queues;
    u16 seen[8] = {};
    u8 configuration[16] = {0x52, 0x54, 0, 1, 2, 3, 1, 0, 1, 0, 0xdc, 5};
    u64 features = 0;

    hostile_queue* queue(u16 index)
    {
        for (auto& [number, q] : queues)
            if (number == index)
                return &q;
        return nullptr;
    }
};

class hostile_transport final : public virtio::transport
{
  public:
    explicit hostile_transport(device_state& s) : _state(s) {}
    virtio::device_type type() const override { return virtio::device_type::network; }
    u8 read_status() override { return 0xff; }
    void write_status(u8) override {}
    result<void> reset() override { return {}; }
    u64 device_features() override { return _state.features; }
    void accept_features(u64) override {}
    void read_configuration(size_t offset, std::span<std::byte> to) override
    {
        for (size_t i = 0; i < to.size(); i++)
            to[i] = std::byte{offset + i < sizeof _state.configuration ? _state.configuration[offset + i]
                                                                       : u8{0}};
    }
    void write_configuration(size_t, std::span<const std::byte>) override {}
    u32 configuration_generation() override { return 0; }
    result<void> connect_interrupts(virtio::interrupt_sink&, u16) override { return {}; }
    bool has_queue_interrupts() const override { return true; }
    u16 queue_limit(u16) override { return ring_size; }
    result<void> enable_queue(u16 index, const virtio::virtqueue& queue, std::optional<unsigned>) override
    {
        _state.queues.emplace_back(index, hostile_queue(queue));
        return {};
    }
    void notify(u16) override {}

  private:
    device_state& _state;
};

struct reading_receiver final : network_device::receiver {
    void receive(network_device&, packet_queue frames) override
    {
        while (auto p = frames.pop())
            look_at(*p);
    }
    void link_changed(network_device&) override {}
};

/// A device that finishes what it was not given reads stale entries of its ring; no driver can guard memory
/// that was freed against a device that writes there.
bool is_memory(std::byte* at, size_t length)
{
    return __asan_region_is_poisoned(at, length) == nullptr;
}

void arrive(device_state& state, hostile_queue& q, u16 queue, fuzz_input& input)
{
    const u16 head = q.offered(state.seen[queue]++);
    const virtio::descriptor d = q.descriptors[head % ring_size];
    const u8 how = input.byte();
    u32 written = input.half() % 5000;
    if (how & 1)
        written = std::min(written, d.length);
    const virtio::network_header header{.flags = input.byte(),
                                        .segmentation = static_cast<u8>(input.byte() % 5),
                                        .segment_size = input.half(),
                                        .checksum_start = input.half(),
                                        .checksum_offset = input.byte(),
                                        .buffers = static_cast<u16>(how & 2 ? input.half() : 1)};
    std::byte* const buffer = mm::to_virtual<std::byte>(phys_addr{d.address});
    if (d.address != 0 && d.length >= sizeof header && is_memory(buffer, sizeof header))
        std::memcpy(buffer, &header, sizeof header);
    q.finish(how & 4 ? input.byte() : head, written);
}

void send(virtio::network& card, fuzz_input& input)
{
    const u32 size = 14 + input.byte();
    auto p = packet::create(input.byte() & 1 ? packet::header_room : 0, size).take();
    std::memset(p->append(size), 0, size);
    for (unsigned i = input.byte() % 20u; i > 0; i--) {
        auto buffer = packet_buffer::create(64).take();
        if (!p->append({buffer, buffer->data(), 64}))
            break;
    }
    packet_queue q;
    q.push(std::move(p));
    card.transmit(std::move(q));
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    fuzz_input input{data, size};
    device_state state;
    state.features = virtio::feature::version_1 | virtio::network_feature::mac |
                     virtio::network_feature::mtu | virtio::network_feature::status |
                     virtio::network_feature::checksum | virtio::network_feature::guest_tcp4 |
                     virtio::network_feature::host_tcp4;
    const u8 options = input.byte();
    if (options & 1)
        state.features |= virtio::network_feature::merged_buffers;
    if (options & 2)
        state.features |= virtio::feature::event_index;
    auto transport = try_make_unique<hostile_transport>(state).take();
    auto made = virtio::network::create(unique_ptr<virtio::transport>(transport.release()), 1);
    if (!made)
        return 0;
    auto card = made.take();
    reading_receiver receiver;
    if (!card->attach(receiver))
        return 0;
    while (input.left > 0) {
        const u16 queue = input.byte() & 1;
        auto& q = *state.queue(queue);
        switch (input.byte() % 6) {
        case 0:
        case 1:
            if (queue == 0)
                arrive(state, q, 0, input);
            else
                q.finish(q.offered(state.seen[1]++), input.byte() & 1);
            break;
        case 2:
            card->queue_interrupt(input.byte() & 1 ? queue : virtio::interrupt_sink::any_queue);
            sched::run_deferred_work();
            break;
        case 3:
            send(*card, input);
            break;
        case 4: // any word of the ring
            reinterpret_cast<u8*>(q.used)[input.byte() % (4 + 8 * ring_size)] = input.byte();
            break;
        default:
            state.configuration[input.byte() % sizeof state.configuration] = input.byte();
            card->configuration_interrupt();
        }
    }
    sched::run_deferred_work();
    return 0;
}
