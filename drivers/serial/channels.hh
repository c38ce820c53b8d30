// Kiln's four streams on a machine whose only way out is one line (a serial port, Xen's console): the same
// names as virtio-console's ports.
//
// Frames of the four channels share the line's rings. Output waits for room in the line's ring; input is
// limited by credit: the host may send as many bytes to kiln.in as the guest has granted, so control messages
// are never stuck behind unread input. Only for machines where the command line says `kiln.serial=framed`;
// otherwise the port carries plain text.
//
// Locking: the reader of frames and the channels' input rings are under `_lock`; the line has its own, taken
// inside.
#pragma once

#include "core/device/byte_stream.hh"
#include "core/sync/spinlock.hh"
#include "drivers/serial/byte_ring.hh"
#include "drivers/serial/framing.hh"
#include "drivers/serial/line.hh"

namespace serial
{
class channels;

class channel final : public byte_stream
{
  public:
    constexpr channel(channels& owner, u8 number, std::string_view name)
        : _owner(owner), _number(number), _name(name)
    {
    }

    std::string_view name() const override { return _name; }
    result<size_t> try_read(std::span<std::byte> buffer) override;
    result<size_t> try_write(std::span<const std::byte> bytes) override;
    bool readable() override;
    bool writable() override;
    bool drained() override;

  private:
    friend class channels;
    static constexpr size_t ring_size = 4096;

    channels& _owner;
    const u8 _number;
    const std::string_view _name;
    byte_ring<ring_size> _input;  // the owner's lock
    size_t _to_grant = ring_size; // the owner's lock; bytes that the host may send more
};

class channels
{
  public:
    constexpr explicit channels(line& l) : _line(l) {}

    /// Adds the four streams and takes what the line receives from now on.
    void start();

  private:
    friend class channel;
    static constexpr u8 input_number = 1;

    static void line_moved(void* self);
    void receive();
    void take_frame_locked(const frame& f, bool (&arrived)[4]) REQUIRES(_lock);
    bool grant_locked(channel& c) REQUIRES(_lock);

    line& _line;
    spinlock _lock{lock_rank::device};
    frame_reader _reader GUARDED_BY(_lock);
    channel _channels[4] = {
        {*this, 1, "kiln.in"}, {*this, 2, "kiln.out"}, {*this, 3, "kiln.err"}, {*this, 4, "kiln.control"}};
};
} // namespace serial
