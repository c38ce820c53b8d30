// The memory side of a read or write: a sequence of segments that is consumed from the front.
//
// One type serves read, readv, pread and the kernel's own reads: the segments lie in application memory,
// where any access may fault, or in kernel memory. Copies stop at the first fault and say how far they came,
// as Linux's do: bytes before the fault count, and only a fault at the very first byte of a call is efault.
//
// Not shared between threads. Application memory may be touched only where sleeping is allowed.
#pragma once

#include <span>

#include "core/base/result.hh"
#include "core/base/types.hh"

class io_buffer
{
  public:
    struct segment {
        virt_addr base;
        size_t length = 0;
    };
    enum class memory : u8 { application, kernel };

    /// The segments must stay alive; they are not changed. The caller has checked the sum of lengths against
    /// Linux's limit of 0x7ffff000 and that application segments lie in the application's half.
    io_buffer(memory kind, std::span<const segment> segments);

    /// One segment.
    io_buffer(memory kind, virt_addr base, size_t length);

    /// For the kernel's own reads and writes.
    static io_buffer of_kernel(std::span<std::byte> bytes);
    static io_buffer of_kernel(std::span<const std::byte> bytes);

    io_buffer(const io_buffer&) = delete;
    io_buffer& operator=(const io_buffer&) = delete;

    /// Bytes that are still to be transferred.
    size_t remaining() const { return _remaining; }
    bool empty() const { return _remaining == 0; }
    bool in_kernel_memory() const { return _kind == memory::kernel; }

    /// Fills the buffer from `from` (a read). Returns the bytes copied: fewer than min(from.size(),
    /// remaining()) means that the next byte faults.
    size_t copy_out(std::span<const std::byte> from);

    /// Takes bytes out of the buffer (a write). Same return value.
    size_t copy_in(std::span<std::byte> to);

    /// Fills with zeros. Same return value.
    size_t clear_out(size_t bytes);

    /// Moves on without copying; `bytes` must not exceed remaining().
    void skip(size_t bytes);

    /// Limits what is left, for a file system that ends a request at a border. Not to be undone.
    void truncate(size_t bytes);

  private:
    bool is_simple() const;
    size_t moved(size_t bytes);
    size_t copy_out_pieces(const std::byte* from, size_t length);
    size_t copy_in_pieces(std::byte* to, size_t length);
    template <class Copy>
    size_t transfer(size_t bytes, Copy copy);

    const segment* _segments;
    size_t _count;
    size_t _offset = 0; // in the first segment
    size_t _remaining;
    segment _single; // what _segments points to when there is only one
    memory _kind;
};

/// What a read or write returns that moved `done` bytes and was stopped by a fault: efault only if nothing
/// was moved.
inline result<size_t> transferred(size_t done, bool faulted)
{
    if (done == 0 && faulted)
        return fail(errc::efault);
    return done;
}
