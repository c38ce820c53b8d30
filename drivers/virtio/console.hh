// virtio-console with several ports (virtio 1.2 §5.3): the device and its control queue.
//
//     queue 0, 1   in and out of port 0        queue 4, 5   in and out of port 1
//     queue 2, 3   control in and out          queue 6, 7   of port 2, and so on
//
// The hand-shake of the ports runs in interrupts beside the rest of start-up: the device adds ports, we say
// that they are ready, it tells their names and whether the host has them open. A port with a name becomes a
// byte stream.
//
// Locking: `_lock` is for the control queues and the table of ports; a port has its own lock, taken inside.
#pragma once

#include <array>

#include "core/sync/spinlock.hh"
#include "drivers/virtio/console_port.hh"
#include "drivers/virtio/device.hh"

namespace virtio
{
/// The queues of a port, from the device's point of view: `in` carries bytes to us.
constexpr u16 in_queue(u32 port)
{
    return static_cast<u16>(port == 0 ? 0 : 2 + 2 * port);
}
constexpr u16 out_queue(u32 port)
{
    return static_cast<u16>(in_queue(port) + 1);
}

class console final : public device
{
  public:
    static result<unique_ptr<console>> create(unique_ptr<transport> t);
    using device::device;

    void queue_interrupt(u16 queue) override;
    void notify_port(u16 queue) { notify(queue); }

  private:
    static constexpr u16 control_in_queue = 2;
    static constexpr u16 control_out_queue = 3;
    static constexpr u16 control_size = 32;
    static constexpr size_t largest_message =
        64; // with a port's name; a longer one does not fit and is refused

    struct control_message {
        u32 port;
        u16 event;
        u16 value;
    };

    /// Rings of a port that the device may add later, and the port once it did.
    struct port_place {
        unique_ptr<virtqueue> in;
        unique_ptr<virtqueue> out;
        unique_ptr<console_port> port;
    };

    result<void> initialize();
    result<void> make_port_queues(u32 ports);
    result<void> make_control_queues();
    void handle_control_locked() REQUIRES(_lock);
    void handle_message_locked(std::span<const std::byte> bytes) REQUIRES(_lock);
    result<void> add_port_locked(u32 number) REQUIRES(_lock);
    void name_port_locked(console_port& port, std::string_view name) REQUIRES(_lock);
    void send_locked(u32 port, u16 event, u16 value) REQUIRES(_lock);

    spinlock _lock{lock_rank::device};
    unique_ptr<virtqueue> _control_in GUARDED_BY(_lock);
    unique_ptr<virtqueue> _control_out GUARDED_BY(_lock);
    std::array<std::array<std::byte, largest_message>, control_size> _received{};
    std::array<control_message, control_size> _sent{};
    u32 _free_messages GUARDED_BY(_lock) = ~0u; // one bit for each element of _sent
    u32 _place_count = 0;
    unique_ptr<port_place[]> _places;
};
} // namespace virtio
