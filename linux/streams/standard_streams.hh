// The program's standard input, output and error: where they come from and go to (docs/boot-protocol.md).
//
// Each is a pipe, a terminal or nothing, as the configuration says. The host counts bytes: input ends after
// as many as its `eof` line says, and the exit line tells how many were written to each side.
#pragma once

#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "fs/vfs/file.hh"
#include "linux/streams/port.hh"

namespace linux
{
class descriptor_table;

/// The read side of the host's standard input.
class input_stream
{
  public:
    /// Up to to.size() bytes; waits for the first unless `deadline` is in the past. 0: the end. Errors:
    /// eagain, eintr, eio.
    enum class blocking : u8 { no, yes };
    result<size_t> read(std::span<std::byte> to, blocking mode);

    /// Whether read() returns at once.
    bool readable();
    /// Null if there is no stream.
    wait_queue* queue();
    /// The host says that the stream is `bytes` long in all.
    void set_end(u64 bytes);

  private:
    bool at_end() const
    {
        return _taken.load(std::memory_order_relaxed) >= _end.load(std::memory_order_acquire);
    }

    port _port{"kiln.in"};
    std::atomic<u64> _taken{0};
    std::atomic<u64> _end{~u64{0}};
};

/// The write side of standard output or error.
class output_stream
{
  public:
    constexpr explicit output_stream(std::string_view name) : _port(name) {}

    enum class blocking : u8 { no, yes };
    /// Bytes written; all of them if it may block and no signal comes. Errors: eagain, eintr, epipe, eio.
    result<size_t> write(std::span<const std::byte> from, blocking mode);

    bool writable();
    wait_queue* queue();
    /// The host says that nobody reads any more: from now on writes are epipe.
    void hang_up();
    bool hung_up() const { return _hung_up.load(std::memory_order_relaxed); }
    /// Bytes handed over so far.
    u64 written() const { return _written.load(std::memory_order_relaxed); }
    /// Waits until the host has taken everything.
    void drain();

  private:
    port _port;
    std::atomic<u64> _written{0};
    std::atomic<bool> _hung_up{false};
};

input_stream& standard_input();
output_stream& standard_output();
output_stream& standard_error();

/// Opens descriptors 0, 1 and 2 of a new program. Errors: enomem.
result<void> open_standard_streams(descriptor_table& table);
} // namespace linux
