// What every virtio device is reached through, whether it sits on PCI or in a window of memory (virtio 1.2
// §4).
//
// A transport moves registers and interrupts; negotiation and queues are the same above it (device.hh).
// Functions are for thread context, except notify() and reading the configuration, which any context may do.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "core/base/result.hh"
#include "core/base/types.hh"

namespace virtio
{
class virtqueue;

/// Device types (virtio 1.2 §5) that Kiln has drivers for.
enum class device_type : u32 { none = 0, network = 1, block = 2, console = 3, entropy = 4 };

namespace status
{
inline constexpr u8 acknowledge = 1, driver = 2, driver_ok = 4, features_ok = 8, needs_reset = 0x40,
                    failed = 0x80;
} // namespace status

/// Who is told of interrupts; in interrupt context.
class interrupt_sink
{
  public:
    /// Some queue may have finished chains: the one with this number, or any.
    virtual void queue_interrupt(u16 queue) = 0;
    virtual void configuration_interrupt() {}

    static constexpr u16 any_queue = 0xffff;

  protected:
    ~interrupt_sink() = default;
};

class transport
{
  public:
    transport() = default;
    transport(const transport&) = delete;
    transport& operator=(const transport&) = delete;
    virtual ~transport() = default;

    virtual device_type type() const = 0;

    virtual u8 read_status() = 0;
    virtual void write_status(u8 value) = 0;
    /// Returns when the device is as after power-on. Errors: eio (it does not answer).
    virtual result<void> reset() = 0;

    virtual u64 device_features() = 0;
    virtual void accept_features(u64 features) = 0;

    /// Device-specific configuration; what lies outside reads as 0.
    virtual void read_configuration(size_t offset, std::span<std::byte> to) = 0;
    virtual void write_configuration(size_t offset, std::span<const std::byte> from) = 0;
    /// Changes when the configuration changed under a reader's hands.
    virtual u32 configuration_generation() = 0;

    /// Interrupts of the queues with numbers below `queues` and of the configuration go to `sink` from now
    /// on; before enable_queue().
    virtual result<void> connect_interrupts(interrupt_sink& sink, u16 queues) = 0;

    /// Whether queues can have interrupts of their own, each on a CPU of choice.
    virtual bool has_queue_interrupts() const = 0;

    /// The largest size of queue `index`; 0: there is no such queue.
    virtual u16 queue_limit(u16 index) = 0;
    /// `cpu`: raise an interrupt of the queue's own there, where that is possible; else, and without it, the
    /// queue shares one with others on the boot CPU.
    virtual result<void> enable_queue(u16 index, const virtqueue& queue, std::optional<unsigned> cpu) = 0;
    virtual void notify(u16 index) = 0;
};
} // namespace virtio
