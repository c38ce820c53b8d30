// virtio-blk: a disk (virtio 1.2 §5.2).
//
// A caller takes one of the device's request slots, offers the request, and sleeps until the interrupt says
// that it is done; so as many requests are in flight as there are callers, up to the number of slots. Buffers
// outside the direct map (kernel stacks) go through a copy, because they need not be contiguous in RAM. A
// device that breaks the ring's rules fails every request with eio from then on.
#pragma once

#include <array>

#include "core/device/block_device.hh"
#include "core/sync/spinlock.hh"
#include "core/sync/wait_queue.hh"
#include "drivers/virtio/device.hh"

namespace virtio
{
class block final : public device, public block_device
{
  public:
    /// Reads the configuration and starts the device under the name vd + `letter`.
    static result<unique_ptr<block>> create(unique_ptr<transport> t, char letter);

    block(unique_ptr<transport> t, char letter) : device(std::move(t)), _name{'v', 'd', letter} {}

    std::string_view name() const override { return {_name, sizeof _name}; }
    u64 sector_count() const override { return _sectors; }
    bool read_only() const override { return _read_only; }
    result<void> read(u64 first_sector, std::span<std::byte> buffer) override;
    result<void> write(u64 first_sector, std::span<const std::byte> buffer) override;
    result<void> read_pieces(u64 first_sector, std::span<const std::span<std::byte>> pieces) override;
    result<void> write_pieces(u64 first_sector, std::span<const std::span<const std::byte>> pieces) override;
    result<void> flush() override;

    void queue_interrupt(u16 queue) override;

  private:
    static constexpr size_t slots = 16;
    static constexpr size_t most_segments = 32;
    static constexpr size_t most_bytes = 1_MiB; // of one request

    struct request_header {
        u32 type;
        u32 reserved;
        u64 sector;
    };
    enum class slot_state : u8 { free, taken, done };

    /// A request and what the device needs of it; lives as long as the device.
    struct slot {
        request_header header{};
        u8 status = 0;
        slot_state state = slot_state::free; // the device's lock
        std::array<descriptor, most_segments + 2> table{};
        wait_queue waiting;
    };

    /// Pieces of RAM of one request.
    struct segment_list {
        std::array<segment, most_segments + 2> items{};
        size_t count = 0;
        size_t bytes = 0;
        /// Adds as much of the piece as fits; returns how much.
        size_t add(const std::byte* data, size_t length, size_t segment_limit);
    };

    result<void> initialize();
    template <class Byte>
    result<void> transfer(u32 type, u64 first_sector, std::span<const std::span<Byte>> pieces);
    template <class Byte>
    result<void> transfer_bounced(u32 type, u64 first_sector, std::span<Byte> piece);
    result<void> check_range(u64 first_sector, size_t bytes) const;
    /// Runs one request and waits for its end.
    result<void> run(u32 type, u64 sector, segment_list& data);
    result<void> submit_locked(slot& s, u32 type, segment_list& data) REQUIRES(_lock);
    result<void> submit_and_wait_locked(slot& s, u32 type, segment_list& data) REQUIRES(_lock);
    void finish_all_locked() REQUIRES(_lock);

    const char _name[3];
    u64 _sectors = 0;
    size_t _segments_per_request = 1;
    size_t _segment_bytes = most_bytes;
    size_t _usable_slots = slots; // so many requests fit into the ring at once
    bool _read_only = false;
    bool _has_flush = false;

    spinlock _lock{lock_rank::virtqueue};
    unique_ptr<virtqueue> _queue GUARDED_BY(_lock);
    std::array<slot, slots> _slots;
    wait_queue _slot_freed;
};
} // namespace virtio
