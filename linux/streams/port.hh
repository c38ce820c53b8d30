// One of the host's streams by its name, found when it is first needed: drivers come up beside the program's
// start.
#pragma once

#include <string_view>

#include "core/device/byte_stream.hh"

namespace linux
{
class port
{
  public:
    constexpr explicit port(std::string_view name) : _name(name) {}

    /// Waits as long as a driver may still bring it; null if the machine has no such stream. Thread context.
    byte_stream* get()
    {
        byte_stream* stream = _stream.load(std::memory_order_acquire);
        if (!stream && !_missing.load(std::memory_order_relaxed)) {
            stream = byte_streams::find_when_ready(_name);
            _stream.store(stream, std::memory_order_release);
            _missing.store(!stream, std::memory_order_relaxed);
        }
        return stream;
    }

  private:
    std::string_view _name;
    std::atomic<byte_stream*> _stream{nullptr};
    std::atomic<bool> _missing{false};
};
} // namespace linux
