// A line of bytes to the world that several streams can share in frames (channels.hh): a serial port, or a
// hypervisor's console.
#pragma once

#include <atomic>
#include <span>

#include "core/base/result.hh"
#include "core/base/types.hh"

namespace serial
{
class line
{
  public:
    /// What has arrived. Errors: eagain (nothing).
    virtual result<size_t> try_read(std::span<std::byte> buffer) = 0;
    /// All or nothing, so that what belongs together is not torn apart by other writers.
    virtual bool write_whole(std::span<const std::byte> bytes) = 0;
    /// Bytes that write_whole() would take now.
    virtual size_t room() = 0;
    /// Whether the outside has taken every byte that was written.
    virtual bool drained() = 0;

    /// Called in interrupt context whenever something arrived or was taken; who is told takes the input
    /// itself. Before the line's interrupts.
    void set_listener(void (*listener)(void*), void* argument)
    {
        _listener_argument = argument;
        _listener.store(listener, std::memory_order_release);
    }

  protected:
    ~line() = default;
    void tell_listener()
    {
        if (const auto listener = _listener.load(std::memory_order_acquire))
            listener(_listener_argument);
    }

  private:
    void* _listener_argument = nullptr; // before _listener
    std::atomic<void (*)(void*)> _listener{nullptr};
};
} // namespace serial
