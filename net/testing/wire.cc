// Frames in flight; see wire.hh.
#include "net/testing/wire.hh"

#include <algorithm>
#include <vector>

namespace net::testing
{
wire::wire(u64 seed, const wire_quality& both)
    : _random(seed), _quality{both, both}, _ends{wire_end(*this, 0), wire_end(*this, 1)}
{
}

bool wire::happens(double probability)
{
    return probability > 0 && std::uniform_real_distribution<>(0, 1)(_random) < probability;
}

wire_end::wire_end(wire& w, unsigned side)
    : _wire(w), _side(side), _address{0x52, 0x54, 0, 0, 0, static_cast<u8>(side + 1)}
{
}

result<void> wire_end::attach(receiver& r)
{
    _receiver = &r;
    return {};
}

void wire_end::set_link_up(bool up)
{
    _up = up;
    if (_receiver)
        _receiver->link_changed(*this);
}

void wire_end::transmit(packet_queue frames)
{
    while (auto frame = frames.pop())
        send_one(*frame);
}

namespace
{
/// What a card makes of a received frame: one head in buffers of a page, the rest in slices.
packet_ptr copy_of(std::span<const std::byte> bytes)
{
    packet_ptr copy;
    do {
        auto buffer = packet_buffer::create(packet_buffer::page_capacity).take();
        const auto piece = std::min<size_t>(bytes.size(), buffer->capacity());
        std::copy_n(bytes.data(), piece, buffer->data());
        std::byte* const data = buffer->data();
        packet_slice slice{std::move(buffer), data, static_cast<u32>(piece)};
        if (copy)
            ensure(copy->append(std::move(slice)).has_value());
        else
            copy = packet::create(std::move(slice)).take();
        bytes = bytes.subspan(piece);
    } while (!bytes.empty());
    return copy;
}
} // namespace

void wire_end::send_one(packet& frame)
{
    const wire_quality& q = _wire._quality[_side];
    auto& counts = _wire._counts[_side];
    counts.sent++;
    _counters.sent_packets++;
    _counters.sent_bytes += frame.length();
    std::vector<std::byte> bytes(frame.length());
    frame.copy_to(0, bytes);
    if (_side == 0)
        _wire._capture.write(timekeeping::now(), bytes);
    if (_wire._tap && !_wire._tap(_wire._tap_context, _side, bytes))
        return;

    const auto time_on_wire = q.bits_per_second
                                  ? nanoseconds(bytes.size() * 8 * 1'000'000'000 / q.bits_per_second)
                                  : nanoseconds(0);
    const instant begin = std::max(_transmitter_free, timekeeping::now());
    if (time_on_wire.count() && (begin - timekeeping::now()) / time_on_wire >= q.queue_limit) {
        counts.overflowed++;
        return;
    }
    _transmitter_free = begin + time_on_wire;
    if (_wire.happens(q.loss)) {
        counts.lost++;
        return;
    }
    auto corrupt = [&] {
        if (_wire.happens(q.corruption)) {
            counts.corrupted++;
            bytes[_wire.below(bytes.size())] ^= static_cast<std::byte>(1u << _wire.below(8));
        }
    };
    auto detour = [&] {
        if (!_wire.happens(q.reordering))
            return nanoseconds(0);
        counts.reordered++;
        return nanoseconds(_wire.below(static_cast<u64>(q.reordering_delay.count())));
    };
    auto make = [&] {
        auto copy = copy_of(bytes);
        if (frame.checksum == packet_checksum::partial || frame.segmentation != packet_segmentation::none)
            copy->checksum = packet_checksum::valid; // offloaded: never on a real cable
        copy->segmentation = frame.segmentation;
        copy->segment_size = frame.segment_size;
        return copy;
    };
    wire_end& other = _wire._ends[1 - _side];
    const instant arrival = _transmitter_free + q.delay;
    if (_wire.happens(q.duplication)) {
        counts.duplicated++;
        other.receive_later(make(), arrival + detour());
    }
    corrupt();
    other.receive_later(make(), arrival + detour());
}

void wire_end::inject(std::span<const std::byte> frame, packet_checksum checksum)
{
    auto copy = copy_of(frame);
    copy->checksum = checksum;
    receive_later(std::move(copy), timekeeping::now());
}

void wire_end::receive_later(packet_ptr frame, instant arrival)
{
    _incoming.emplace(flight{arrival, _order++}, std::move(frame));
    _timer.arm(_incoming.begin()->first.arrival);
}

void wire_end::arrived(timekeeping::timer& t)
{
    wire_end& end = static_cast<arrival_timer&>(t).end;
    while (!end._incoming.empty() && end._incoming.begin()->first.arrival <= timekeeping::now()) {
        auto frame = std::move(end._incoming.begin()->second);
        end._incoming.erase(end._incoming.begin());
        std::vector<std::byte> bytes(frame->length());
        frame->copy_to(0, bytes);
        end._counters.received_packets++;
        end._counters.received_bytes += bytes.size();
        if (end._side == 0)
            end._wire._capture.write(timekeeping::now(), bytes);
        end._arrived.push(std::move(frame));
    }
    if (!end._incoming.empty())
        end._timer.arm(end._incoming.begin()->first.arrival);
    end._work.raise();
}

bool wire_end::deliver(sched::deferred_work& w)
{
    wire_end& end = static_cast<work&>(w).end;
    if (end._receiver && !end._arrived.empty())
        end._receiver->receive(end, std::move(end._arrived));
    end._arrived.clear();
    return false;
}
} // namespace net::testing
