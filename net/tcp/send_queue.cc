#include "net/tcp/send_queue.hh"

#include <algorithm>

namespace net::tcp
{
void send_queue::start(sequence first)
{
    clear();
    _begin = _next = _end = first;
}

void send_queue::clear()
{
    _by_time.clear();
    _chunks.clear_and_dispose([](chunk* c) { delete c; });
    _unsent = nullptr;
    _begin = _next = _end;
    _in_flight = _selectively = _lost = _cost = 0;
    _fin = false;
}

packet_slice send_queue::tail() const
{
    if (_chunks.empty() || _chunks.back().sent || _fin)
        return {};
    const packet_slice& last = _chunks.back().bytes;
    std::byte* const free = last.data + last.length;
    std::byte* const limit = last.buffer->data() + last.buffer->capacity();
    return {last.buffer, free, static_cast<u32>(limit - free)};
}

result<void> send_queue::push(packet_slice bytes)
{
    const u32 length = bytes.length;
    if (!_chunks.empty()) {
        chunk& last = _chunks.back();
        if (!last.sent && last.bytes.buffer == bytes.buffer &&
            last.bytes.data + last.bytes.length == bytes.data) {
            last.bytes.length += length;
            _end += length;
            _cost += length;
            return {};
        }
    }
    auto* c = new (std::nothrow) chunk;
    if (!c)
        return fail(errc::enomem);
    c->bytes = std::move(bytes);
    c->begin = _end;
    _chunks.push_back(*c);
    if (!_unsent)
        _unsent = c;
    _end += length;
    _cost += length + overhead;
    return {};
}

result<void> send_queue::push_fin()
{
    if (_chunks.empty() || _chunks.back().sent) {
        auto* c = new (std::nothrow) chunk;
        if (!c)
            return fail(errc::enomem);
        c->begin = _end;
        _chunks.push_back(*c);
        if (!_unsent)
            _unsent = c;
        _cost += overhead;
    }
    _chunks.back().fin = true;
    _fin = true;
    _end += 1;
    return {};
}

chunk* send_queue::following_by_time(chunk& c)
{
    auto next = ++_by_time.iterator_to(c);
    return next == _by_time.end() ? nullptr : &*next;
}

chunk* send_queue::last_sent()
{
    if (_chunks.empty())
        return nullptr;
    if (!_unsent)
        return &_chunks.back();
    auto place = _chunks.iterator_to(*_unsent);
    return place == _chunks.begin() ? nullptr : &*--place;
}

chunk* send_queue::first_lost()
{
    if (_lost == 0)
        return nullptr;
    for (chunk& c : _chunks)
        if (c.lost)
            return &c;
    return nullptr;
}

[[gnu::noinline]] result<void> send_queue::split(chunk& c, sequence at)
{
    auto* rest = new (std::nothrow) chunk;
    if (!rest)
        return fail(errc::enomem);
    const u32 front = at - c.begin;
    rest->bytes = {c.bytes.buffer, c.bytes.data + front, c.bytes.length - front};
    rest->begin = at;
    rest->sent = c.sent;
    rest->in_flight = c.in_flight;
    rest->selectively = c.selectively;
    rest->lost = c.lost;
    rest->retransmitted = c.retransmitted;
    rest->fin = c.fin;
    rest->sent_at = c.sent_at;
    c.bytes.length = front;
    c.fin = false;
    _chunks.insert(++_chunks.iterator_to(c), *rest);
    if (c.in_flight)
        _by_time.insert(++_by_time.iterator_to(c), *rest);
    _cost += overhead;
    return {};
}

void send_queue::sent(chunk& c, instant now)
{
    if (c.sent) {
        forget_state(c);
        c.retransmitted = true;
    } else {
        assert(&c == _unsent);
        c.sent = true;
        _unsent = following(c);
        _next = c.end();
    }
    c.sent_at = now;
    c.in_flight = true;
    _by_time.push_back(c);
    _in_flight += c.length();
}

void send_queue::mark_lost(chunk& c)
{
    if (c.lost || c.selectively)
        return;
    leave_flight(c);
    c.lost = true;
    _lost += c.length();
}

void send_queue::mark_selectively(chunk& c)
{
    if (c.selectively)
        return;
    forget_state(c);
    c.selectively = true;
    _selectively += c.length();
}

void send_queue::forget_selective()
{
    for (chunk& c : _chunks) {
        if (!c.selectively)
            continue;
        c.selectively = false;
        _selectively -= c.length();
        mark_lost(c);
    }
}

void send_queue::forget_losses()
{
    // They are older than everything in flight.
    for (auto c = _chunks.rbegin(); c != _chunks.rend(); ++c) {
        if (!c->lost)
            continue;
        c->lost = false;
        _lost -= c->length();
        c->in_flight = true;
        _in_flight += c->length();
        _by_time.push_front(*c);
    }
}

void send_queue::drop_first()
{
    chunk& c = _chunks.front();
    forget_state(c);
    if (&c == _unsent) { // cannot be acknowledged; but a caller that ends may drop all
        _unsent = following(c);
        _next = c.end();
    }
    _begin = c.end();
    _cost -= c.bytes.length + overhead;
    _chunks.pop_front();
    delete &c;
}

void send_queue::drop_part(u32 bytes)
{
    chunk& c = _chunks.front();
    if (c.in_flight)
        _in_flight -= bytes;
    if (c.lost)
        _lost -= bytes;
    if (c.selectively)
        _selectively -= bytes;
    c.bytes.data += bytes;
    c.bytes.length -= bytes;
    c.begin += bytes;
    c.first_border = static_cast<u16>(c.first_border - std::min<u32>(c.first_border, bytes));
    _begin += bytes;
    _cost -= bytes;
}
} // namespace net::tcp
