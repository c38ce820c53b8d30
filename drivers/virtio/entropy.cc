// virtio-rng: randomness from the host (virtio 1.2 §5.4).
//
// One request is made when the machine starts; what comes goes into the kernel's generator in interrupt
// context. Nobody waits for it.
#include <array>

#include "core/mm/layout.hh"
#include "core/random.hh"
#include "core/sync/spinlock.hh"
#include "drivers/driver.hh"
#include "drivers/virtio/device.hh"

namespace virtio
{
namespace
{
class entropy final : public device
{
  public:
    using device::device;

    result<void> initialize()
    {
        TRY(negotiate(0));
        TRY(connect(1));
        auto queue = TRY(make_queue(0, 1));
        lock_guard guard{_lock};
        _queue = std::move(queue);
        const segment room[] = {{mm::to_physical(_bytes.data()), static_cast<u32>(_bytes.size())}};
        TRY(_queue->add({}, room, this));
        start();
        if (_queue->publish())
            notify(0);
        return {};
    }

    void queue_interrupt(u16) override
    {
        lock_guard guard{_lock};
        if (!_queue)
            return;
        if (const auto done = _queue->take())
            random_add_entropy(std::span(_bytes).first(done->written));
    }

  private:
    spinlock _lock{lock_rank::virtqueue};
    unique_ptr<virtqueue> _queue GUARDED_BY(_lock);
    std::array<std::byte, 64> _bytes{};
};

result<void> probe(unique_ptr<transport> t)
{
    auto made = TRY(try_make_unique<entropy>(std::move(t)));
    TRY(made->initialize());
    made.release(); // lives as long as the machine
    return {};
}

constinit const drivers::virtio_driver virtio_rng{
    {"virtio-rng", drivers::bus::virtio}, device_type::entropy, probe};
KILN_DRIVER(virtio_rng);
} // namespace
} // namespace virtio
