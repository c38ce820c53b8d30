// The PC's first serial port as a byte stream, with interrupts: for machines whose only way out it is.
//
// Output goes through a ring that the transmit interrupt empties, 16 bytes at a time; input arrives in a ring
// by interrupt. When the input ring is full, RTS is dropped, and what comes nevertheless is lost, as on any
// serial line. The polled console of arch/ writes to the same port until start() and in a panic. Source:
// National Semiconductor PC16550D data sheet.
#pragma once

#include <array>
#include <atomic>

#include "core/device/byte_stream.hh"
#include "core/sync/spinlock.hh"

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

/// Bytes between two sides that go at their own pace. `Size` is a power of two.
template <size_t Size>
class byte_ring
{
  public:
    size_t used() const { return _head - _tail; }
    size_t room() const { return Size - used(); }
    void push(u8 byte) { _bytes[_head++ % Size] = byte; }
    u8 pop() { return _bytes[_tail++ % Size]; }

  private:
    std::array<u8, Size> _bytes{};
    size_t _head = 0;
    size_t _tail = 0;
};

class uart final : public byte_stream
{
  public:
    constexpr explicit uart(registers& r) : _registers(r) {}

    std::string_view name() const override { return "serial"; }
    result<size_t> try_read(std::span<std::byte> buffer) override;
    result<size_t> try_write(std::span<const std::byte> bytes) override;
    bool readable() override;
    bool writable() override;
    bool drained() override;

    /// Bytes that try_write() would take now.
    size_t room();
    /// All or nothing, so that what belongs together is not torn apart by other writers.
    bool write_whole(std::span<const std::byte> bytes);

    /// Called at the end of each interrupt; who is told takes the input itself. Before initialize().
    void set_listener(void (*listener)(void*), void* argument)
    {
        _listener_argument = argument;
        _listener.store(listener, std::memory_order_release);
    }

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
    void* _listener_argument = nullptr; // before _listener
    std::atomic<void (*)(void*)> _listener{nullptr};
};

/// Starts the port at 0x3f8, if there is one, as the byte stream "serial". Errors: enodev, those of its
/// interrupt.
result<void> start();

/// The same as Kiln's four streams in frames (channels.hh).
result<void> start_framed();
} // namespace serial
