// One port of a virtio console: a byte_stream over a pair of queues (virtio 1.2 §5.3).
//
// Bytes are copied once into buffers of the port, several of which may be with the device at a time; but for
// one small one for output they are made when they are first needed and grow with the traffic, so a port that
// nobody uses costs its rings only. The device is asked for an interrupt only while somebody waits. A write
// has room as long as the host keeps taking buffers: that is the back-pressure.
//
// Locking: everything behind `_lock`, a spinlock, so that a log line can be written from any context; what is
// copied under it is at most one buffer. Memory is asked for without it, because only with interrupts on does
// the kernel give back what it keeps of files.
#pragma once

#include <array>
#include <atomic>

#include "core/device/byte_stream.hh"
#include "core/sync/spinlock.hh"
#include "drivers/virtio/virtqueue.hh"

namespace virtio
{
class console;

class console_port final : public byte_stream
{
  public:
    static constexpr u16 most_buffers = 8; // in each direction; the size of the rings

    static constexpr u32 spare_size = 256;

    /// `spare`: spare_size bytes, from which a program says its last words when there is no memory.
    console_port(console& owner, u32 number, unique_ptr<virtqueue> in, unique_ptr<virtqueue> out,
                 unique_ptr<std::byte[]> spare);

    std::string_view name() const override { return {_name.data(), _name_length}; }
    u32 number() const { return _number; }

    result<size_t> try_read(std::span<std::byte> to) override;
    result<size_t> try_write(std::span<const std::byte> bytes) override;
    bool readable() override;
    bool writable() override;
    bool drained() override;

    /// What the control queue says: what the port is called, and whether somebody on the host has it open.
    void set_name(std::string_view name);
    bool has_name() const { return _name_length > 0; }
    void set_host_open(bool open);

    /// The device finished something in one of the two queues; interrupt context.
    void interrupt();

  private:
    /// What a buffer is made of: empty if there is no memory.
    struct buffer_memory {
        static buffer_memory make(size_t size);
        explicit operator bool() const { return bytes != nullptr; }

        unique_ptr<std::byte[]> bytes;
        u32 size = 0;
    };
    struct buffer {
        buffer_memory memory; // empty: not made yet
        u32 length = 0;       // in: bytes that arrived
        bool busy = false;    // with the device, or holding input
    };
    using buffers = std::array<buffer, most_buffers>;

    enum class host_state : u8 { never_open, open, closed };

    static buffer* find_unmade(buffers& all);

    result<void> prepare_input() EXCLUDES(_lock);
    bool next_input_locked() REQUIRES(_lock);
    bool find_input_locked() REQUIRES(_lock);
    void post_locked(buffer& b) REQUIRES(_lock);
    void grow_input_locked(buffer_memory memory) REQUIRES(_lock);
    void reclaim_output_locked() REQUIRES(_lock);
    buffer* find_output_locked() REQUIRES(_lock);
    result<size_t> send_locked(buffer& b, std::span<const std::byte> bytes) REQUIRES(_lock);
    bool has_room_locked() REQUIRES(_lock);

    console& _console;
    const u32 _number;
    std::array<char, 32> _name{};
    std::atomic<size_t> _name_length{0}; // set once, after the name's bytes

    spinlock _lock{lock_rank::virtqueue};
    unique_ptr<virtqueue> _in GUARDED_BY(_lock);
    unique_ptr<virtqueue> _out GUARDED_BY(_lock);
    std::atomic<bool> _input_prepared{false}; // there are input buffers; set once
    buffers _in_buffers GUARDED_BY(_lock);
    buffers _out_buffers GUARDED_BY(_lock);
    buffer* _current GUARDED_BY(_lock) = nullptr; // input being read
    u32 _position GUARDED_BY(_lock) = 0;          // in it
    host_state _host GUARDED_BY(_lock) = host_state::never_open;
};
} // namespace virtio
