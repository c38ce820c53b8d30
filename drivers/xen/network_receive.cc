// Taking frames off the ring; see network_receive.hh.
#include "drivers/xen/network_receive.hh"

#include <algorithm>
#include <bit>
#include <cstring>

namespace xen
{
namespace
{
constexpr u32 ethernet_header = 14;
} // namespace

void network_receive_ring::fill()
{
    while (_offered - _taken < pages) {
        const u32 index = _offered++ % pages;
        _ring.add({.id = static_cast<u16>(index), .padding = 0, .grant = _pages[index].grant});
    }
}

network_receive_ring::polled network_receive_ring::poll(u32 limit)
{
    packet_queue frames;
    u64 bytes = 0;
    u32 looked_at = 0;
    for (; looked_at < limit && !broken(); looked_at++) {
        const auto answer = _ring.take();
        if (!answer)
            break;
        if (!take(*answer, _taken++ % pages))
            continue;
        if (auto p = finish()) {
            bytes += p->length();
            frames.push(std::move(p));
        }
        fill(); // its pages hold nothing any more
    }
    count_up(_counters.received_packets, frames.count());
    count_up(_counters.received_bytes, bytes);
    return {std::move(frames), looked_at == limit};
}

/// Whether the frame is complete.
bool network_receive_ring::take(const receive_answer& a, u32 index)
{
    if (_frame.extra_follows) {
        take_extra(std::bit_cast<extra_info>(a));
    } else if (a.id != index) {
        _broken = true;
        return false;
    } else {
        take_data(a, _pages[index].memory);
    }
    if (_frame.wrong)
        fill(); // a frame without end would take all pages
    return !_frame.extra_follows && !_frame.data_follows;
}

void network_receive_ring::take_data(const receive_answer& a, const std::byte* page)
{
    assembly& f = _frame;
    if (f.count == 0 && !f.wrong) {
        f.flags = a.flags;
        f.extra_follows = a.flags & frame_flag::extra_info;
    }
    f.data_follows = a.flags & frame_flag::more_data;
    const u32 length = a.length > 0 ? static_cast<u32>(a.length) : 0;
    if (length == 0 || a.offset + length > page_size || f.count == most_pieces ||
        f.length + length > longest_frame)
        f.wrong = true;
    if (f.wrong)
        return;
    f.pieces[f.count++] = {page + a.offset, length};
    f.length += length;
}

void network_receive_ring::take_extra(const extra_info& e)
{
    _frame.extra_follows = e.flags & extra_info::more;
    if (e.type != extra_info::segmentation)
        return; // we asked for no other; its frame is good without it
    _frame.protocol = e.protocol;
    _frame.segment_size = e.segment_size;
    if ((e.protocol != extra_info::tcp4 && e.protocol != extra_info::tcp6) || e.segment_size == 0)
        _frame.wrong = true;
}

/// The complete frame as a packet, or null: it was dropped and counted.
packet_ptr network_receive_ring::finish()
{
    const assembly& f = _frame;
    packet_ptr p;
    if (f.wrong || f.length < ethernet_header)
        count_up(_counters.received_errors);
    else if (p = make_packet(); !p)
        count_up(_counters.received_dropped);
    if (p && f.flags & (frame_flag::checksum_blank | frame_flag::data_validated))
        p->checksum = packet_checksum::valid;
    if (p && f.protocol != 0) {
        p->segmentation =
            f.protocol == extra_info::tcp4 ? packet_segmentation::tcp4 : packet_segmentation::tcp6;
        p->segment_size = f.segment_size;
    }
    _frame = {};
    return p;
}

/// Null: no memory.
packet_ptr network_receive_ring::make_packet() const
{
    const u32 length = _frame.length;
    if (length <= copied_bytes) {
        auto small = packet::create(0, length);
        if (!small)
            return {};
        copy_to(0, {(*small)->append(length), length});
        return small.take();
    }
    packet_ptr made;
    for (u32 done = 0; done < length;) {
        auto buffer = packet_buffer::create(packet_buffer::page_capacity);
        if (!buffer)
            return {};
        std::byte* const data = (*buffer)->data();
        packet_slice slice{buffer.take(), data, std::min(length - done, packet_buffer::page_capacity)};
        copy_to(done, {data, slice.length});
        done += slice.length;
        if (made) {
            if (!made->append(std::move(slice)))
                return {};
        } else if (auto created = packet::create(std::move(slice))) {
            made = created.take();
        } else {
            return {};
        }
    }
    return made;
}

void network_receive_ring::copy_to(u32 offset, std::span<std::byte> to) const
{
    for (u32 i = 0; i < _frame.count && !to.empty(); i++) {
        const piece& p = _frame.pieces[i];
        if (offset >= p.length) {
            offset -= p.length;
            continue;
        }
        const size_t part = std::min<size_t>(p.length - offset, to.size());
        std::memcpy(to.data(), p.data + offset, part);
        to = to.subspan(part);
        offset = 0;
    }
}
} // namespace xen
