// A pipe to the world outside the machine: bytes in, bytes out, with back-pressure and an end.
//
// Drivers implement the try_ functions and wake the two queues; read() and write() that block are built on
// them here, once. Streams are found by the name that the host gave them ("kiln.out"); they live as long as
// the machine. All functions are for thread context and may be called by several threads at once; what one
// call of write() takes stays together.
#pragma once

#include <span>
#include <string_view>

#include "core/base/result.hh"
#include "core/base/types.hh"
#include "core/device/registry.hh"
#include "core/sync/wait_queue.hh"

class byte_stream : public registered<byte_stream>
{
  public:
    constexpr byte_stream() = default;
    byte_stream(const byte_stream&) = delete;
    byte_stream& operator=(const byte_stream&) = delete;

    virtual std::string_view name() const = 0;

    /// What has arrived, at most buffer.size(); 0 only at the end of the stream or for an empty buffer.
    /// Errors: eagain (nothing yet), eio (broken device).
    virtual result<size_t> try_read(std::span<std::byte> buffer) = 0;

    /// Hands over as much as there is room for, at least 1 byte unless `bytes` is empty. The bytes are
    /// copied. Errors: eagain (no room now), epipe (nobody listens any more), eio.
    virtual result<size_t> try_write(std::span<const std::byte> bytes) = 0;

    /// Whether try_read() or try_write() would do something else than eagain. An answer of false arms the
    /// device to wake the queue when it changes, so enter the queue before asking.
    virtual bool readable() = 0;
    virtual bool writable() = 0;

    /// Whether the outside has taken every byte that was written; false arms the write queue likewise.
    virtual bool drained() = 0;

    /// Waits for at least one byte. 0: the end. Errors: those of try_read() and of `options`.
    result<size_t> read(std::span<std::byte> buffer, const wait_options& options = {});

    /// Writes everything; less only if the wait ended with an error after some bytes were taken.
    result<size_t> write(std::span<const std::byte> bytes, const wait_options& options = {});

    /// Returns when the outside has taken every byte written so far.
    result<void> drain(const wait_options& options = {});

    /// Where to wait; woken in interrupt context, also by drained() becoming true (write side) and the end
    /// (both).
    wait_queue& read_queue() { return _read_queue; }
    wait_queue& write_queue() { return _write_queue; }

  protected:
    ~byte_stream() = default; // streams are never destroyed through this

    wait_queue _read_queue;
    wait_queue _write_queue;
};

namespace byte_streams
{
/// Makes a stream known for the machine's lifetime; wakes who waits in find_when_ready().
void add(byte_stream& stream);

/// By name, or null if no such stream has appeared yet.
byte_stream* find(std::string_view name);

/// Waits for a stream to appear, as long as some driver still expects more, at most two seconds. Null: there
/// is none.
byte_stream* find_when_ready(std::string_view name);

/// A driver's promise that streams may still come, and its end (also when its device turned out broken).
void expect_more();
void expect_no_more();
} // namespace byte_streams
