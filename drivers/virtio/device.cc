// Negotiation and queue set-up that all virtio drivers share; see device.hh.
#include "drivers/virtio/device.hh"

#include <algorithm>
#include <bit>

namespace virtio
{
result<void> device::negotiate(u64 wanted, u64 (*sensible)(u64 features))
{
    TRY(_transport->reset());
    _transport->write_status(status::acknowledge);
    _transport->write_status(status::acknowledge | status::driver);
    const u64 offered = _transport->device_features();
    if (!(offered & feature::version_1)) {
        mark_failed();
        return fail(errc::enodev);
    }
    wanted |=
        feature::version_1 | feature::event_index | feature::indirect_descriptors | feature::access_platform;
    _features = offered & wanted;
    if (sensible)
        _features = sensible(_features);
    _transport->accept_features(_features);
    _transport->write_status(status::acknowledge | status::driver | status::features_ok);
    if (!(_transport->read_status() & status::features_ok)) {
        mark_failed();
        return fail(errc::eio);
    }
    return {};
}

result<unique_ptr<virtqueue>> device::make_queue(u16 index, u16 size, std::optional<unsigned> cpu)
{
    const u16 limit = _transport->queue_limit(index);
    if (limit == 0)
        return fail(errc::enodev);
    const queue_features features{.event_index = has_feature(feature::event_index),
                                  .indirect = has_feature(feature::indirect_descriptors)};
    auto queue = TRY(virtqueue::create(std::bit_floor(std::min(limit, size)), features));
    TRY(_transport->enable_queue(index, *queue, cpu));
    return queue;
}

void device::start()
{
    _transport->write_status(status::acknowledge | status::driver | status::features_ok | status::driver_ok);
}

void device::mark_failed()
{
    _transport->write_status(status::failed);
}

void device::read_stable(size_t offset, std::span<std::byte> to)
{
    // A device that changes its mind all the time gets its last word believed.
    for (int attempt = 0; attempt < 8; attempt++) {
        const u32 before = _transport->configuration_generation();
        _transport->read_configuration(offset, to);
        if (_transport->configuration_generation() == before)
            return;
    }
}
} // namespace virtio
