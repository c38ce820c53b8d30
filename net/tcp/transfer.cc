// send() and receive() of a TCP socket: between the application's memory and the connection's queues.
#include <algorithm>

#include "net/tcp/protocol.hh"
#include "net/tcp/socket.hh"

namespace net::tcp
{
namespace
{
/// Buffers for much data; with its header one is four pages.
constexpr u32 large_buffer = 16384 - sizeof(packet_buffer);
/// ... and for little, so that a short answer does not cost a page.
constexpr u32 small_buffer = 256 - sizeof(packet_buffer);

result<ref_ptr<packet_buffer>> buffer_for(u32 bytes, bool more_will_follow)
{
    if (bytes > packet_buffer::page_capacity)
        if (auto large = packet_buffer::create(std::min(bytes, large_buffer)))
            return large;
    const u32 least = more_will_follow ? packet_buffer::page_capacity : small_buffer;
    return packet_buffer::create(std::clamp(bytes, least, packet_buffer::page_capacity));
}
} // namespace

/// Copies from the application into buffers, into the last one's free end first. Errors: efault, enomem.
result<void> socket::fill(batch& b, io_buffer& from, u32 room, packet_slice tail, bool queue_is_busy)
{
    u32 wanted = static_cast<u32>(std::min<size_t>({from.remaining(), room, batch::most_bytes}));
    while (wanted > 0 && b.count < std::size(b.pieces)) {
        packet_slice piece = std::move(tail);
        tail = {};
        if (!piece.buffer || piece.length == 0) {
            auto made = buffer_for(wanted, queue_is_busy);
            if (!made)
                return b.count ? result<void>{} : fail(made.error());
            piece.buffer = made.take();
            piece.data = piece.buffer->data();
            piece.length = piece.buffer->capacity();
        }
        piece.length = std::min(piece.length, wanted);
        const u32 length = piece.length;
        const auto moved = static_cast<u32>(from.copy_in({piece.data, length}));
        if (moved > 0) {
            piece.length = moved;
            b.bytes += moved;
            b.pieces[b.count++] = std::move(piece);
        }
        if (moved < length)
            return b.count ? result<void>{} : fail(errc::efault);
        wanted -= moved;
    }
    return {};
}

/// One turn: as much as one packet holds.
result<u32> socket::send_batch(io_buffer& from, const send_options& options)
{
    connection& c = *_connection;
    u32 room = 0;
    packet_slice tail;
    bool busy = false;
    WITH_LOCK(c.lock)
    {
        room = TRY(c.send_room_locked());
        tail = c.send_tail_locked();
        busy = c.unsent_locked() > 0;
    }
    if (from.empty())
        return u32{0};
    if (room == 0)
        return fail(errc::eagain);
    batch b;
    TRY(fill(b, from, room, std::move(tail), busy));
    const bool again = !from.empty() && room > b.bytes;
    lock_guard guard{c.lock};
    TRY(c.send_locked({b.pieces, b.count}, options.more || again));
    return b.bytes;
}

void socket::flush()
{
    lock_guard guard{_connection->lock};
    _connection->push_locked();
}

result<size_t> socket::send(io_buffer& from, const message_info&, const send_options& options)
{
    if (options.out_of_band)
        return fail(errc::eopnotsupp);
    connection& c = *_connection;
    size_t done = 0;
    result<void> outcome;
    WITH_LOCK(_writing)
    {
        do {
            const auto sent = send_batch(from, options);
            if (sent)
                done += *sent;
            else
                outcome = fail(sent.error());
        } while (outcome && !from.empty());
        if (!outcome && done > 0 && !options.more)
            flush();
    }
    c.settle();
    if (!outcome && done == 0)
        return fail(outcome.error());
    return done;
}

/// Takes over what the connection has, for so many bytes. False: nothing.
bool socket::refill(size_t wanted)
{
    WITH_LOCK(_connection->lock)
    {
        _unread.append(_connection->take_ready_locked(wanted));
    }
    return !_unread.empty();
}

/// Copies or discards unread bytes; those that are only looked at stay.
size_t socket::copy_out(io_buffer& to, const receive_options& options)
{
    size_t done = 0;
    packet_queue seen;
    bool fault = false;
    while (!to.empty() && !fault && (!_unread.empty() || refill(to.remaining()))) {
        packet& p = *_unread.front();
        u32& offset = p.control<unread>().offset;
        u32 skip = offset, moved = 0;
        const auto copy = [&](std::span<std::byte> bytes) {
            const u32 known = std::min<u32>(skip, static_cast<u32>(bytes.size()));
            skip -= known;
            bytes = bytes.subspan(known);
            if (fault || bytes.empty() || to.empty())
                return;
            bytes = bytes.first(std::min(bytes.size(), to.remaining()));
            size_t piece = bytes.size();
            if (options.truncate_length)
                to.skip(piece);
            else
                piece = to.copy_out(bytes);
            fault = piece < bytes.size();
            moved += static_cast<u32>(piece);
        };
        copy(p.head());
        for (const packet_slice& s : p.slices())
            copy({s.data, s.length});
        done += moved;
        if (options.peek) {
            seen.push(_unread.pop());
            continue;
        }
        offset += moved;
        if (offset == p.length())
            (void)_unread.pop();
    }
    if (options.peek) {
        seen.append(std::move(_unread));
        _unread = std::move(seen);
    }
    return done;
}

/// Why there is nothing to read; no error: because it is the end.
errc socket::why_nothing()
{
    if (const errc e = _connection->take_error_locked(); e != errc{})
        return e;
    if (_connection->end_of_data_locked() ||
        (_connection->receiving_shut_down_locked() && _connection->was_established_locked()))
        return errc{};
    if (_connection->current_locked() == state::closed)
        return errc::enotconn;
    return _connection->receiving_shut_down_locked() ? errc{} : errc::eagain;
}

result<received> socket::receive(io_buffer& to, message_info&, const receive_options& options)
{
    if (options.error_queue)
        return fail(errc::eagain);
    if (options.out_of_band)
        return fail(errc::einval); // no urgent data, as every time
    connection& c = *_connection;
    lock_guard guard{_reading};
    const bool wanted = !to.empty();
    const size_t done = copy_out(to, options);
    if (done == 0 && wanted) {
        if (!_unread.empty())
            return fail(errc::efault);
        errc why{};
        WITH_LOCK(_connection->lock)
        {
            // It may have come since copy_out() looked: then the caller looks again.
            why = _connection->readable_locked() > 0 ? errc::eagain : why_nothing();
        }
        if (why != errc{})
            return fail(why);
        return received{};
    }
    if (!options.peek) {
        c.count_read(static_cast<u32>(done));
        if (c.window_worth_announcing())
            WITH_LOCK(c.lock)
            {
                c.consumed_locked(timekeeping::now());
            }
        c.settle();
    }
    return received{.bytes = done};
}
} // namespace net::tcp
