#include "net/tcp/cookie.hh"

#include <algorithm>
#include <array>

namespace net::tcp
{
namespace
{
constexpr std::array<u16, 8> segment_sizes = {536, 1220, 1300, 1360, 1400, 1440, 1460, 8960};
constexpr u32 no_scale = 15;
constexpr u32 memory_bits = 6; // scale 4, SACK 1, ECN 1

u32 minute_of(instant now)
{
    return static_cast<u32>(now.time_since_epoch() / seconds(60));
}
} // namespace

u32 cookies::hash(const four_tuple& t, sequence initial_receive, u32 minute, u32 index) const
{
    return static_cast<u32>(siphash<2, 4>(_key, t.remote.high(), t.remote.low(), t.local.high(),
                                          t.local.low(), u64{t.ports()} << 32 | initial_receive.value,
                                          u64{minute} << 32 | index)) &
           0xff'ffff;
}

sequence cookies::make(const four_tuple& t, sequence initial_receive, u16 max_segment, instant now) const
{
    const auto above = std::upper_bound(segment_sizes.begin() + 1, segment_sizes.end(), max_segment);
    const auto index = static_cast<u32>(above - segment_sizes.begin()) - 1;
    const u32 minute = minute_of(now);
    return {minute % 32 << 27 | index << 24 | hash(t, initial_receive, minute, index)};
}

std::optional<u16> cookies::check(const four_tuple& t, sequence initial_receive, sequence cookie,
                                  instant now) const
{
    const u32 this_minute = minute_of(now);
    const u32 age = (this_minute - (cookie.value >> 27)) % 32;
    if (age > 1)
        return {};
    const u32 index = cookie.value >> 24 & 7;
    if ((cookie.value & 0xff'ffff) != hash(t, initial_receive, this_minute - age, index))
        return {};
    return segment_sizes[index];
}

u32 cookies::remember(u32 stamp, const tcp_options& syn, bool ecn)
{
    const u32 bits = (syn.window_scale ? std::min<u32>(*syn.window_scale, 14) : no_scale) |
                     u32{syn.sack_permitted} << 4 | u32{ecn} << 5;
    const u32 with = (stamp >> memory_bits << memory_bits) | bits;
    return with > stamp ? with - (1u << memory_bits) : with;
}

cookies::memory cookies::recall(u32 stamp)
{
    memory m{{}, (stamp >> 4 & 1) != 0, (stamp >> 5 & 1) != 0};
    if ((stamp & 15) != no_scale)
        m.window_scale = static_cast<u8>(stamp & 15);
    return m;
}
} // namespace net::tcp
