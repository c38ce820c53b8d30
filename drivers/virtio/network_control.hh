// The control queue of a network device (virtio 1.2 §5.1.6.5): one command at a time, and its answer.
//
// A device that does not answer within a second is asked nothing more; the command's memory then stays its
// own.
#pragma once

#include <span>

#include "core/device/network_device.hh"
#include "core/sync/mutex.hh"
#include "drivers/virtio/virtqueue.hh"

namespace virtio
{
class device;

class network_control
{
  public:
    /// `notify` tells the device to look at the queue.
    network_control(unique_ptr<virtqueue> queue, void (*notify)(void* argument), void* argument)
        : _queue(std::move(queue)), _notify(notify), _argument(argument)
    {
    }

    /// How many queue pairs are in use from now on. Thread context, like the others. Errors: eio (refused),
    /// etimedout, enomem.
    result<void> use_queue_pairs(u16 count);
    result<void> set_promiscuous(bool on);
    result<void> set_all_multicast(bool on);
    /// Which groups' frames the device lets pass.
    result<void> set_multicast(std::span<const mac_address> groups);

    /// Interrupt context.
    void interrupt() { _answered.wake_all(); }

  private:
    struct command_kind {
        u8 group;
        u8 command;
    };
    result<void> run(command_kind kind, std::span<const std::byte> data);
    result<void> run_byte(command_kind kind, bool value);
    result<void> submit(std::span<std::byte> readable, std::byte& answer) REQUIRES(_one_at_a_time);

    mutex _one_at_a_time{lock_rank::block_device};
    bool _silent GUARDED_BY(_one_at_a_time) = false; // it did not answer once
    spinlock _lock{lock_rank::virtqueue};
    unique_ptr<virtqueue> _queue GUARDED_BY(_lock);
    wait_queue _answered;
    void (*const _notify)(void*);
    void* const _argument;
};
} // namespace virtio
