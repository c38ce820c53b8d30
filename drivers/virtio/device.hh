// What all virtio drivers do first: reset, agree on features, set up queues, start (virtio 1.2 §3.1).
//
// A driver derives from it, and its objects live as long as the machine. Order of calls: negotiate(),
// connect(), make_queue() for each queue, start(). A failure on the way leaves the device marked FAILED and
// unused.
#pragma once

#include "core/base/make_unique.hh"
#include "core/base/result.hh"
#include "drivers/virtio/transport.hh"
#include "drivers/virtio/virtqueue.hh"

namespace virtio
{
namespace feature
{
inline constexpr u64 indirect_descriptors = u64{1} << 28;
inline constexpr u64 event_index = u64{1} << 29;
inline constexpr u64 version_1 = u64{1} << 32;
inline constexpr u64 access_platform = u64{1} << 33;
} // namespace feature

/// For make_queue(): no interrupt of its own.
inline constexpr std::optional<unsigned> shared_interrupt{};

class device : public interrupt_sink
{
  public:
    explicit device(unique_ptr<transport> t) : _transport(std::move(t)) {}
    device(const device&) = delete;
    device& operator=(const device&) = delete;
    virtual ~device() = default;

  protected:
    /// Takes of `wanted` (and the ring features) what the device offers, without what `sensible` leaves out
    /// because it would need another feature. Errors: eio, enodev (a legacy device).
    result<void> negotiate(u64 wanted, u64 (*sensible)(u64 features) = nullptr);
    bool has_feature(u64 bit) const { return _features & bit; }

    /// From here on interrupts may arrive.
    result<void> connect(u16 queues) { return _transport->connect_interrupts(*this, queues); }

    /// Queue `index` with at most `size` descriptors; `cpu` as in transport::enable_queue(). Errors: enodev
    /// (no such queue), enomem.
    result<unique_ptr<virtqueue>> make_queue(u16 index, u16 size, std::optional<unsigned> cpu = 0u);
    bool has_queue_interrupts() const { return _transport->has_queue_interrupts(); }

    /// The device may work now.
    void start();

    /// Gives the device up.
    void mark_failed();

    void notify(u16 queue) { _transport->notify(queue); }

    /// A field of the configuration, read again where it changed meanwhile.
    template <class T>
    T configuration(size_t offset)
    {
        T value{};
        read_stable(offset, std::as_writable_bytes(std::span(&value, 1)));
        return value;
    }
    template <class T>
    void set_configuration(size_t offset, T value)
    {
        _transport->write_configuration(offset, std::as_bytes(std::span(&value, 1)));
    }

  private:
    void read_stable(size_t offset, std::span<std::byte> to);

    unique_ptr<transport> _transport;
    u64 _features = 0;
};
} // namespace virtio
