// send() and receive() of a TCP socket: between the application's memory and the connection's queues.
#include <algorithm>

#include "net/link/loopback.hh"
#include "net/tcp/protocol.hh"
#include "net/tcp/socket.hh"
#include "net/tcp/two_locks.hh"

namespace net::tcp
{
namespace
{
/// Buffers for much data; with its header one is four pages.
constexpr u32 large_buffer = 16384 - sizeof(packet_buffer);
/// ... and for little, so that a short answer does not cost a page.
constexpr u32 small_buffer = 256 - sizeof(packet_buffer);
/// What is passed on in one packet, with no other buffer.
constexpr u32 single_packet = 1024;

result<ref_ptr<packet_buffer>> buffer_for(u32 bytes, bool more_will_follow)
{
    if (bytes > packet_buffer::page_capacity)
        if (auto large = packet_buffer::create(std::min(bytes, large_buffer)))
            return large;
    const u32 least = more_will_follow ? packet_buffer::page_capacity : small_buffer;
    return packet_buffer::create(std::clamp(bytes, least, packet_buffer::page_capacity));
}

struct copied {
    u32 bytes = 0;
    bool fault = false; // of the application's memory
};

/// Copies (or skips) a packet's unread bytes as far as there is room.
copied copy_unread(packet& p, io_buffer& to, bool discard)
{
    copied c;
    u32 known = p.control<unread>().offset;
    /// Whether to go on.
    const auto copy = [&](std::span<const std::byte> bytes) {
        if (known >= bytes.size()) {
            known -= static_cast<u32>(bytes.size());
            return true;
        }
        bytes = bytes.subspan(std::exchange(known, 0));
        bytes = bytes.first(std::min(bytes.size(), to.remaining()));
        size_t moved = bytes.size();
        if (discard)
            to.skip(moved);
        else
            moved = to.copy_out(bytes);
        c.bytes += static_cast<u32>(moved);
        c.fault = moved < bytes.size();
        return !c.fault && !to.empty();
    };
    if (copy(p.head()))
        for (const packet_slice& s : p.slices())
            if (!copy({s.data, s.length}))
                break;
    return c;
}
} // namespace

/// Copies from the application into buffers, into the last one's free end first. Errors: efault, enomem.
[[gnu::noinline]] result<void> socket::fill(batch& b, io_buffer& from, u32 room, packet_slice tail,
                                            bool queue_is_busy)
{
    u32 wanted = static_cast<u32>(std::min<size_t>({from.remaining(), room, batch::most_bytes}));
    while (wanted > 0 && !b.pieces.full()) {
        packet_slice piece = std::move(tail);
        tail = {};
        if (!piece.buffer || piece.length == 0) {
            auto made = buffer_for(wanted, queue_is_busy);
            if (!made)
                return b.bytes ? result<void>{} : fail(made.error());
            piece.buffer = made.take();
            piece.data = piece.buffer->data();
            piece.length = piece.buffer->capacity();
        }
        const u32 length = std::min(piece.length, wanted);
        piece.length = static_cast<u32>(from.copy_in({piece.data, length}));
        const bool fault = piece.length < length;
        wanted -= piece.length;
        b.bytes += piece.length;
        if (piece.length > 0)
            b.pieces.push_back(std::move(piece));
        if (fault)
            return b.bytes ? result<void>{} : fail(errc::efault);
    }
    return {};
}

/// One turn: as much as one packet holds.
result<u32> socket::send_batch(io_buffer& from, const send_options& options)
{
    connection& c = *_connection;
    u32 room = 0;
    packet_slice tail;
    bool busy = false, may_pass = false;
    WITH_LOCK(c.lock)
    {
        room = TRY(c.send_room_locked());
        may_pass = !options.more && c.may_pass_locked();
        if (!may_pass) {
            tail = c.send_tail_locked();
            busy = c.unsent_locked() > 0;
        }
    }
    if (from.empty())
        return u32{0};
    if (room == 0)
        return fail(errc::eagain);
    if (may_pass && find_other_end())
        return pass_on(from, room);
    batch b;
    TRY(fill(b, from, room, std::move(tail), busy));
    const bool again = !from.empty() && room > b.bytes;
    return send_pieces(b, options.more || again);
}

result<u32> socket::send_pieces(batch& b, bool more)
{
    connection& c = *_connection;
    loopback::direct_delivery delivery;
    lock_guard guard{c.lock};
    if (c.path_locked())
        delivery.begin(c.path_locked()->out());
    TRY(c.send_locked(b.pieces.elements(), more));
    return b.bytes;
}

/// Whether the other end is a connection of this stack.
bool socket::find_other_end()
{
    if (_other_end) [[likely]]
        return true;
    four_tuple ours;
    WITH_LOCK(_connection->lock)
    {
        ours = _connection->tuple();
    }
    _other_end = _connection->owner().find({ours.remote, ours.local, ours.remote_port, ours.local_port});
    if (_other_end == _connection) // it talks to itself
        _other_end = nullptr;
    return _other_end != nullptr;
}

/// One turn of bytes to the other end, without a segment if it can take them.
result<u32> socket::pass_on(io_buffer& from, u32 room)
{
    connection& c = *_connection;
    batch b;
    packet_ptr single;
    const u32 wanted = static_cast<u32>(std::min<size_t>(from.remaining(), room));
    if (wanted <= single_packet) {
        single = TRY(packet::create(0, wanted));
        b.bytes = static_cast<u32>(from.copy_in({single->append(wanted), wanted}));
        if (b.bytes == 0)
            return fail(errc::efault);
        single->truncate(b.bytes);
    } else {
        TRY(fill(b, from, room, {}, false));
    }
    {
        two_locks guard{c.lock, _other_end->lock};
        if (c.pass_locked(*_other_end, single, b.pieces.elements(), b.bytes)) [[likely]]
            return b.bytes;
    }
    return send_instead(b, std::move(single), !from.empty() && room > b.bytes);
}

/// What could not be passed on.
[[gnu::noinline]] result<u32> socket::send_instead(batch& b, packet_ptr single, bool more)
{
    _other_end = nullptr; // it may be another one by now
    if (single) {
        auto buffer = TRY(packet_buffer::create(b.bytes));
        single->copy_to(0, {buffer->data(), b.bytes});
        b.pieces.push_back({buffer, buffer->data(), b.bytes});
    }
    return send_pieces(b, more);
}

void socket::flush()
{
    lock_guard guard{_connection->lock};
    _connection->push_locked();
}

result<size_t> socket::send(io_buffer& from, const message_info*, send_options options)
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

/// Takes over what the connection has, for so many bytes. False: nothing; then `why`, if it is given, becomes
/// what receive() answers: an error, or none for the end.
bool socket::take_over(size_t wanted, errc* why)
{
    lock_guard guard{_connection->lock};
    const bool ready = _connection->has_ready_locked();
    _unread.append(_connection->take_ready_locked(wanted));
    if (!ready && why)
        *why = why_nothing();
    _connection->taken_over_locked();
    return ready;
}

/// Copies or discards unread bytes. What it answers if there were none: `why`.
size_t socket::copy_out(io_buffer& to, bool discard, errc& why)
{
    size_t done = 0;
    while (!to.empty()) {
        if (_unread.empty() && !take_over(to.remaining(), done == 0 ? &why : nullptr))
            break;
        packet& p = *_unread.front();
        u32& offset = p.control<unread>().offset;
        const copied c = copy_unread(p, to, discard);
        done += c.bytes;
        offset += c.bytes;
        if (offset == p.length())
            (void)_unread.pop();
        if (c.fault) {
            why = errc::efault;
            break;
        }
    }
    return done;
}

/// The same; the bytes stay.
[[gnu::noinline]] size_t socket::peek(io_buffer& to, bool discard, errc& why)
{
    size_t done = 0;
    packet_queue seen;
    while (!to.empty()) {
        if (_unread.empty() && !take_over(to.remaining(), done == 0 ? &why : nullptr))
            break;
        const copied c = copy_unread(*_unread.front(), to, discard);
        done += c.bytes;
        if (c.fault) {
            why = errc::efault;
            break;
        }
        seen.push(_unread.pop());
    }
    seen.append(std::move(_unread));
    _unread = std::move(seen);
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

result<size_t> socket::receive(io_buffer& to, message_info*, receive_options options)
{
    if (options.error_queue)
        return fail(errc::eagain);
    if (options.out_of_band)
        return fail(errc::einval); // no urgent data, as every time
    connection& c = *_connection;
    if (c.quiet() && !_has_unread.load(std::memory_order_relaxed))
        return fail(errc::eagain);
    lock_guard guard{_reading};
    errc why{};
    const size_t done =
        options.peek ? peek(to, options.truncate_length, why) : copy_out(to, options.truncate_length, why);
    _has_unread.store(!_unread.empty(), std::memory_order_relaxed);
    if (done == 0) {
        if (why != errc{})
            return fail(why);
        return size_t{0}; // the end
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
    return done;
}
} // namespace net::tcp
