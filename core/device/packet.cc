// Memory of packets and moving bytes between head and slices; see packet.hh.
#include "core/device/packet.hh"

#include <algorithm>
#include <cstring>

#include "core/device/packet_charge.hh"

result<ref_ptr<packet_buffer>> packet_buffer::create(u32 capacity)
{
    void* memory = ::operator new(sizeof(packet_buffer) + capacity, std::nothrow);
    if (!memory)
        return fail(errc::enomem);
    return ref_ptr<packet_buffer>::adopt(::new (memory) packet_buffer(capacity));
}

void packet_buffer::release() const
{
    // A buffer that nobody shares is the rule; the last owner needs no locked instruction.
    if (_references.load(std::memory_order_acquire) == 1 ||
        _references.fetch_sub(1, std::memory_order_acq_rel) == 1)
        ::operator delete(const_cast<packet_buffer*>(this));
}

result<packet_ptr> packet::create(u32 room, u32 head)
{
    const size_t size = sizeof(packet) + room + head;
    void* memory = ::operator new(size, std::nothrow);
    if (!memory)
        return fail(errc::enomem);
    auto* p = ::new (memory) packet;
    p->_limit = reinterpret_cast<std::byte*>(p + 1);
    p->_head = p->_limit + room;
    p->_end = p->_head + head;
    p->_footprint = static_cast<u32>(size);
    return packet_ptr(p);
}

result<packet_ptr> packet::create(packet_slice head)
{
    void* memory = ::operator new(sizeof(packet), std::nothrow);
    if (!memory)
        return fail(errc::enomem);
    auto* p = ::new (memory) packet;
    p->_limit = p->_head = head.data;
    p->_end = head.data + head.length; // what lies behind may be another packet's
    p->_head_length = p->_length = head.length;
    p->_footprint = static_cast<u32>(sizeof(packet)) + buffer_footprint(*head.buffer);
    p->_head_buffer = std::move(head.buffer);
    return packet_ptr(p);
}

result<void> packet::append(packet_slice slice)
{
    if (_slice_count == max_slices)
        return fail(errc::emsgsize);
    if (_slice_count == _slice_capacity) {
        auto* larger = new (std::nothrow) packet_slice[max_slices];
        if (!larger)
            return fail(errc::enomem);
        std::move(_slices, _slices + _slice_count, larger);
        _slices = larger; // before: _own_slices
        _slice_capacity = max_slices;
    }
    _length += slice.length;
    _footprint += buffer_footprint(*slice.buffer);
    _slices[_slice_count++] = std::move(slice);
    return {};
}

result<void> packet::append_part(const packet& from, u32 offset, u32 length)
{
    if (offset < from._head_length && length > 0) {
        const u32 piece = std::min(length, from._head_length - offset);
        std::byte* const begin = from._head + offset;
        if (piece <= append_room()) {
            std::memcpy(append(piece), begin, piece);
        } else if (from._head_buffer) {
            TRY(append({from._head_buffer, begin, piece}));
        } else {
            auto copy = TRY(packet_buffer::create(piece));
            std::memcpy(copy->data(), begin, piece);
            TRY(append({copy, copy->data(), piece}));
        }
        offset += piece;
        length -= piece;
    }
    offset -= std::min(offset, from._head_length);
    for (const packet_slice& s : from.slices()) {
        if (length == 0)
            break;
        if (offset >= s.length) {
            offset -= s.length;
            continue;
        }
        const u32 piece = std::min(length, s.length - offset);
        TRY(append({s.buffer, s.data + offset, piece}));
        length -= piece;
        offset = 0;
    }
    return length == 0 ? result<void>{} : fail(errc::einval);
}

/// Takes `bytes` from the front of the slices, which have been copied elsewhere.
void packet::drop_from_slices(u32 bytes)
{
    unsigned empty = 0;
    for (; empty < _slice_count && _slices[empty].length <= bytes; empty++) {
        bytes -= _slices[empty].length;
        _footprint -= buffer_footprint(*_slices[empty].buffer);
    }
    if (bytes > 0) {
        _slices[empty].data += bytes;
        _slices[empty].length -= bytes;
    }
    std::move(_slices + empty, _slices + _slice_count, _slices);
    std::fill_n(_slices + _slice_count - empty, empty, packet_slice{});
    _slice_count = static_cast<u8>(_slice_count - empty);
}

/// A new home for the head with `more` bytes of room behind it. Headers that were consumed move along.
result<void> packet::move_head(u32 more)
{
    std::byte* first = _head;
    for (std::byte* header : {link_header, network_header, transport_header})
        if (header && header < first && header >= _limit)
            first = header;
    const auto old = static_cast<u32>(_head + _head_length - first);
    auto buffer = TRY(packet_buffer::create(header_room + old + more));
    std::byte* const moved = buffer->data() + header_room;
    std::memcpy(moved, first, old);
    for (std::byte** header : {&link_header, &network_header, &transport_header})
        if (*header)
            *header =
                *header >= first && *header <= _head + _head_length ? moved + (*header - first) : nullptr;
    _head = moved + (_head - first);
    _limit = buffer->data();
    _end = moved + old + more;
    if (_head_buffer)
        _footprint -= buffer_footprint(*_head_buffer);
    _footprint += buffer_footprint(*buffer);
    _head_buffer = std::move(buffer);
    return {};
}

result<void> packet::make_linear(u32 bytes)
{
    if (bytes <= _head_length)
        return {};
    if (bytes > _length)
        return fail(errc::einval);
    const u32 missing = bytes - _head_length;
    if (missing > static_cast<u32>(_end - _head) - _head_length)
        TRY(move_head(missing));
    copy_to(_head_length, {_head + _head_length, missing});
    drop_from_slices(missing);
    _head_length += missing;
    return {};
}

void packet::cut_off(u32 surplus)
{
    _length -= surplus;
    while (_slice_count && surplus > 0) {
        packet_slice& last = _slices[_slice_count - 1];
        const u32 piece = std::min(surplus, last.length);
        last.length -= piece;
        surplus -= piece;
        if (last.length == 0) {
            _footprint -= buffer_footprint(*last.buffer);
            last = {};
            _slice_count--;
        }
    }
    _head_length -= surplus;
}

void packet::copy_to(u32 offset, std::span<std::byte> to) const
{
    assert(offset + to.size() <= _length);
    auto copy = [&](const std::byte* data, u32 length) {
        if (offset >= length) {
            offset -= length;
            return;
        }
        const size_t piece = std::min<size_t>(to.size(), length - offset);
        std::memcpy(to.data(), data + offset, piece);
        to = to.subspan(piece);
        offset = 0;
    };
    copy(_head, _head_length);
    for (unsigned i = 0; i < _slice_count && !to.empty(); i++)
        copy(_slices[i].data, _slices[i].length);
}

void packet::charge_to(packet_charge& sender)
{
    assert(!_charge);
    sender.add_ref();
    sender.add(_footprint);
    _charge = &sender;
    _charged = _footprint;
}

[[gnu::noinline]] void packet::give_back_charge()
{
    packet_charge* const sender = std::exchange(_charge, nullptr);
    sender->give_back(_charged);
    sender->release();
}

void packet_queue::clear()
{
    while (pop()) {
    }
}
