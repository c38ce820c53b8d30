// Kernel memory for one XSAVE area with the magic number behind it, on its way to or from a signal frame.
#pragma once

#include <span>
#include <utility>

#include "core/base/result.hh"
#include "core/base/types.hh"

namespace linux
{
class extended_state_buffer
{
  public:
    /// Cleared; 64-byte aligned. Errors: enomem.
    static result<extended_state_buffer> create();

    extended_state_buffer(extended_state_buffer&& other) : _memory(std::exchange(other._memory, nullptr)) {}
    extended_state_buffer& operator=(extended_state_buffer&&) = delete;
    ~extended_state_buffer();

    void* area() { return _memory; }
    /// The area and 4 bytes more.
    std::span<std::byte> bytes();

    /// The state components that the CPU saves (XCR0, at least x87 and SSE).
    u64 features() const;

  private:
    explicit extended_state_buffer(std::byte* memory) : _memory(memory) {}
    std::byte* _memory;
};

/// Loads the running thread's extended state from application memory; null means the initial state. False if
/// it cannot be read or the CPU refuses it.
bool load_extended_state(virt_addr from);
} // namespace linux
