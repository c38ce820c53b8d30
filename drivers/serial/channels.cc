// The four streams of a framed serial line; see channels.hh.
#include "drivers/serial/channels.hh"

#include <algorithm>

namespace serial
{
result<size_t> channel::try_read(std::span<std::byte> buffer)
{
    lock_guard guard{_owner._lock};
    if (buffer.empty())
        return size_t{0};
    size_t count = 0;
    while (count < buffer.size() && _input.used() > 0)
        buffer[count++] = std::byte{_input.pop()};
    if (_number == channels::input_number) {
        _to_grant += count;
        _owner.grant_locked(*this);
    }
    if (count == 0)
        return fail(errc::eagain);
    return count;
}

/// Whole frames only, so that the frames of several writers do not mix.
result<size_t> channel::try_write(std::span<const std::byte> bytes)
{
    size_t taken = 0;
    while (taken < bytes.size()) {
        std::array<std::byte, largest_frame> encoded;
        const auto payload = bytes.subspan(taken, std::min(bytes.size() - taken, largest_payload));
        const size_t length = encode_frame(_number, payload, encoded);
        if (!_owner._line.write_whole(std::span(encoded).first(length)))
            break;
        taken += payload.size();
    }
    if (taken == 0 && !bytes.empty())
        return fail(errc::eagain);
    return taken;
}

bool channel::readable()
{
    lock_guard guard{_owner._lock};
    return _input.used() > 0;
}

bool channel::writable()
{
    return _owner._line.room() >= largest_frame;
}

bool channel::drained()
{
    return _owner._line.drained();
}

void channels::start()
{
    _line.set_listener(line_moved, this);
    for (channel& c : _channels)
        byte_streams::add(c);
    lock_guard guard{_lock};
    grant_locked(_channels[0]);
}

/// Tells the host how much more input it may send, in steps worth a frame; again later if there is no room
/// now.
bool channels::grant_locked(channel& c)
{
    if (c._to_grant < channel::ring_size / 4)
        return false;
    std::array<std::byte, 4> number;
    for (size_t i = 0; i < number.size(); i++)
        number[i] = static_cast<std::byte>(c._to_grant >> (8 * i));
    std::array<std::byte, largest_frame> encoded;
    const size_t length = encode_frame(c._number, number, encoded);
    if (!_line.write_whole(std::span(encoded).first(length)))
        return false;
    c._to_grant = 0;
    return true;
}

/// A host that sends more than it was granted, or to a channel that goes out only, loses it.
void channels::take_frame_locked(const frame& f, bool (&arrived)[4])
{
    for (size_t i = 0; i < std::size(_channels); i++) {
        channel& c = _channels[i];
        if (c._number != f.channel)
            continue;
        for (std::byte b : f.payload)
            if (c._input.room() > 0)
                c._input.push(static_cast<u8>(b));
        arrived[i] = true;
    }
}

void channels::receive()
{
    bool arrived[4] = {};
    WITH_LOCK(_lock)
    {
        std::array<std::byte, 64> piece;
        for (;;) {
            const size_t count = _line.try_read(piece).value_or(0);
            if (count == 0)
                break;
            for (size_t i = 0; i < count; i++)
                if (const auto f = _reader.feed(static_cast<u8>(piece[i])))
                    take_frame_locked(*f, arrived);
        }
        grant_locked(_channels[0]);
    }
    for (size_t i = 0; i < std::size(_channels); i++)
        if (arrived[i])
            _channels[i].read_queue().wake_all();
}

/// The line took or sent something; interrupt context.
void channels::line_moved(void* self)
{
    auto& all = *static_cast<channels*>(self);
    all.receive();
    for (channel& c : all._channels)
        c.write_queue().wake_all();
}
} // namespace serial
