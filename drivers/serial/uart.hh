// The PC's first serial port as a byte stream, with interrupts: for machines whose only way out it is.
//
// Output goes through a ring that the transmit interrupt empties, 16 bytes at a time; input arrives in a ring
// by interrupt. When the input ring is full, RTS is dropped, and what comes nevertheless is lost, as on any
// serial line. The polled console of arch/ writes to the same port until initialize() and in a panic. Source:
// National Semiconductor PC16550D data sheet.
#pragma once

#include "core/device/byte_stream.hh"
#include "core/sync/spinlock.hh"
#include "drivers/serial/byte_ring.hh"
#include "drivers/serial/line.hh"

namespace serial
{
/// The registers of a 16550; ports in the machine, a model in tests.
class registers
{
  public:
    virtual u8 read(unsigned index) = 0;
    virtual void write(unsigned index, u8 value) = 0;

  protected:
    ~registers() = default;
};

class uart final : public byte_stream, public line
{
  public:
    constexpr explicit uart(registers& r) : _registers(r) {}

    std::string_view name() const override { return "serial"; }
    result<size_t> try_read(std::span<std::byte> buffer) override;
    result<size_t> try_write(std::span<const std::byte> bytes) override;
    bool readable() override;
    bool writable() override;
    bool drained() override;

    size_t room() override;
    bool write_whole(std::span<const std::byte> bytes) override;

    /// Sets 115200 bit/s, 8N1, and the interrupts. False: there is no such chip.
    bool initialize();
    void interrupt();

  private:
    static constexpr size_t ring_size = 4096;

    size_t put_locked(std::span<const std::byte> bytes) REQUIRES(_lock);
    void send_locked() REQUIRES(_lock);
    void receive_locked() REQUIRES(_lock);
    void set_interrupts_locked() REQUIRES(_lock);

    registers& _registers;
    spinlock _lock{lock_rank::virtqueue}; // inside that of channels
    byte_ring<ring_size> _input GUARDED_BY(_lock);
    byte_ring<ring_size> _output GUARDED_BY(_lock);
    u8 _enabled GUARDED_BY(_lock) = 0;
};

/// Starts the port at 0x3f8 as Kiln's four streams in frames (channels.hh). Errors: enodev (there is none),
/// enomem, those of its interrupt.
result<void> start_framed();
} // namespace serial
