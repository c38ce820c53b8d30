#include "core/mm/io_buffer.hh"

#include <algorithm>
#include <cstring>

#include "core/base/assert.hh"
#include "core/mm/user_access.hh"

namespace
{
template <class T>
T* kernel_pointer(virt_addr address)
{
    return reinterpret_cast<T*>(address.value);
}
} // namespace

io_buffer::io_buffer(memory kind, std::span<const segment> segments)
    : _segments(segments.data()), _count(segments.size()), _remaining(0), _kind(kind)
{
    for (const auto& s : segments)
        _remaining += s.length;
}

io_buffer::io_buffer(memory kind, virt_addr base, size_t length)
    : _segments(&_single), _count(1), _remaining(length), _single{base, length}, _kind(kind)
{
}

io_buffer io_buffer::of_kernel(std::span<std::byte> bytes)
{
    return {memory::kernel, virt_addr(reinterpret_cast<u64>(bytes.data())), bytes.size()};
}

io_buffer io_buffer::of_kernel(std::span<const std::byte> bytes)
{
    return {memory::kernel, virt_addr(reinterpret_cast<u64>(bytes.data())), bytes.size()};
}

/// Calls copy(address in the buffer, offset of the transfer, bytes) -> bytes done for each piece, until one
/// is cut short.
template <class Copy>
size_t io_buffer::transfer(size_t bytes, Copy copy)
{
    bytes = std::min(bytes, _remaining);
    size_t done = 0;
    while (done < bytes) {
        const segment& s = *_segments;
        const size_t piece = std::min(bytes - done, s.length - _offset);
        const size_t moved = piece ? copy(s.base + _offset, done, piece) : 0;
        done += moved;
        _offset += moved;
        if (moved < piece)
            break;
        if (_offset == s.length && _count > 1) {
            _segments++;
            _count--;
            _offset = 0;
        }
    }
    _remaining -= done;
    return done;
}

/// One segment of the program's memory, as nearly all have.
inline bool io_buffer::is_simple() const
{
    return _count == 1 && _kind == memory::application;
}

inline size_t io_buffer::moved(size_t bytes)
{
    _offset += bytes;
    _remaining -= bytes;
    return bytes;
}

size_t io_buffer::copy_out(std::span<const std::byte> from)
{
    if (!is_simple()) [[unlikely]]
        return copy_out_pieces(from.data(), from.size());
    return moved(
        mm::copy_to_user_partial(_segments->base + _offset, from.data(), std::min(from.size(), _remaining)));
}

[[gnu::noinline]] size_t io_buffer::copy_out_pieces(const std::byte* from, size_t length)
{
    return transfer(length, [this, from](virt_addr at, size_t done, size_t bytes) {
        if (_kind == memory::application)
            return mm::copy_to_user_partial(at, from + done, bytes);
        std::memcpy(kernel_pointer<std::byte>(at), from + done, bytes);
        return bytes;
    });
}

size_t io_buffer::copy_in(std::span<std::byte> to)
{
    if (!is_simple()) [[unlikely]]
        return copy_in_pieces(to.data(), to.size());
    return moved(
        mm::copy_from_user_partial(to.data(), _segments->base + _offset, std::min(to.size(), _remaining)));
}

[[gnu::noinline]] size_t io_buffer::copy_in_pieces(std::byte* to, size_t length)
{
    return transfer(length, [this, to](virt_addr at, size_t done, size_t bytes) {
        if (_kind == memory::application)
            return mm::copy_from_user_partial(to + done, at, bytes);
        std::memcpy(to + done, kernel_pointer<const std::byte>(at), bytes);
        return bytes;
    });
}

size_t io_buffer::clear_out(size_t bytes)
{
    static constexpr std::byte zeros[512]{};
    size_t done = 0;
    while (done < bytes) {
        const size_t piece = std::min(bytes - done, sizeof zeros);
        const size_t moved = copy_out({zeros, piece});
        done += moved;
        if (moved < piece)
            break;
    }
    return done;
}

void io_buffer::skip(size_t bytes)
{
    assert(bytes <= _remaining);
    if (_count == 1) [[likely]]
        static_cast<void>(moved(bytes));
    else
        transfer(bytes, [](virt_addr, size_t, size_t piece) { return piece; });
}

void io_buffer::truncate(size_t bytes)
{
    _remaining = std::min(_remaining, bytes);
}
