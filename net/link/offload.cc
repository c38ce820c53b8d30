// See offload.hh.
#include "net/link/offload.hh"

#include <algorithm>

#include "net/header/ipv4.hh"
#include "net/header/ipv6.hh"
#include "net/header/tcp.hh"
#include "net/ip/ip.hh"

namespace net::link
{
void complete_checksum(packet& p)
{
    const auto start = static_cast<u32>(p.transport_header - p.head().data());
    auto* field = reinterpret_cast<checksum_field*>(p.transport_header + p.checksum_offset);
    field->complete_nonzero(sum_packet(0, p, start, p.length() - start));
    p.checksum = packet_checksum::valid;
}

bool can_segment(const network_device::capabilities& card, const packet& p)
{
    if (p.segments_carry_ecn && !card.segmentation_ecn)
        return false;
    return p.segmentation == packet_segmentation::tcp4 ? card.segmentation4 : card.segmentation6;
}

namespace
{
/// The lengths and numbers that differ from segment to segment; returns the pseudo header's sum.
u64 patch_ip(packet& s, u32 ip_bytes, u16 number)
{
    const u32 transport = s.length() - ip_bytes;
    std::byte* const head = s.head().data();
    if (static_cast<u8>(head[0]) >> 4 == 4) {
        auto& h = *reinterpret_cast<ipv4_header*>(head);
        h.total_length = static_cast<u16>(s.length());
        h.identification = static_cast<u16>(h.identification + number);
        h.checksum.clear();
        h.checksum.complete(sum_bytes(0, s.head().first(ip_bytes)));
        return pseudo_header_sum(h.source_address(), h.destination_address(), protocol_number::tcp,
                                 transport);
    }
    auto& h = *reinterpret_cast<ipv6_header*>(head);
    h.payload_length = static_cast<u16>(s.length() - sizeof h);
    return pseudo_header_sum(h.source, h.destination, protocol_number::tcp, transport);
}

result<packet_ptr> cut(const packet& whole, u32 ip_bytes, u32 headers, u32 offset, u32 length)
{
    auto s = TRY(packet::create(packet::header_room, headers));
    std::memcpy(s->append(headers), whole.head().data(), headers);
    TRY(s->append_part(whole, headers + offset, length));
    s->network_header = s->head().data();
    s->transport_header = s->network_header + ip_bytes;
    s->checksum_offset = whole.checksum_offset;
    s->checksum = packet_checksum::partial;
    s->flow_hash = whole.flow_hash;
    return s;
}
} // namespace

packet_queue segment(packet_ptr p, bool leave_checksums)
{
    packet_queue segments;
    const auto ip_bytes = static_cast<u32>(p->transport_header - p->head().data());
    const auto& first = *reinterpret_cast<const tcp_header*>(p->transport_header);
    const u32 headers = ip_bytes + first.header_length();
    const u32 payload = p->length() - headers;
    u16 number = 0;
    for (u32 offset = 0; offset < payload; offset += p->segment_size, number++) {
        const u32 length = std::min<u32>(p->segment_size, payload - offset);
        auto made = cut(*p, ip_bytes, headers, offset, length);
        if (!made)
            break; // as if the card had lost them
        auto s = made.take();
        auto& tcp = *reinterpret_cast<tcp_header*>(s->transport_header);
        tcp.sequence = first.sequence + offset;
        if (offset + length < payload)
            tcp.flags &= static_cast<u8>(~(tcp_header::fin | tcp_header::psh));
        if (offset > 0)
            tcp.flags &= static_cast<u8>(~tcp_header::cwr); // RFC 3168 §6.1.2: once
        tcp.checksum.begin(patch_ip(*s, ip_bytes, number));
        if (!leave_checksums)
            complete_checksum(*s);
        segments.push(std::move(s));
    }
    return segments;
}
} // namespace net::link
