#include "linux/socket/plain_options.hh"

#include <bit>

namespace linux
{
namespace
{
constexpr bool is_switch(int name)
{
    switch (name) {
    case so_debug:
    case so_reuseaddr:
    case so_dontroute:
    case so_broadcast:
    case so_keepalive:
    case so_oobinline:
    case so_no_check:
    case so_reuseport:
    case so_passcred:
    case so_timestamp:
    case so_timestampns:
    case so_passsec:
    case so_rxq_ovfl:
    case so_nofcs:
    case so_select_err_queue:
        return true;
    default:
        return false;
    }
}
} // namespace

result<void> plain_options::set(int name, std::span<const std::byte> value)
{
    const s32 number = TRY(option_number(value));
    if (is_switch(name)) {
        const u64 bit = u64{1} << name;
        if (number)
            _switches.fetch_or(bit, std::memory_order_relaxed);
        else
            _switches.fetch_and(~bit, std::memory_order_relaxed);
        return {};
    }
    switch (name) {
    case so_sndbuf:
    case so_sndbufforce:
        _send_buffer.store(buffer_size_of(number, least_send_buffer), std::memory_order_relaxed);
        return {};
    case so_rcvbuf:
    case so_rcvbufforce:
        _receive_buffer.store(buffer_size_of(number, least_receive_buffer), std::memory_order_relaxed);
        return {};
    case so_rcvlowat:
        _receive_low_water.store(number < 0 ? 0x7fff'ffff : std::max(number, 1), std::memory_order_relaxed);
        return {};
    case so_priority:
        _priority.store(number, std::memory_order_relaxed);
        return {};
    case so_mark:
        _mark.store(number, std::memory_order_relaxed);
        return {};
    case so_linger:
        if (value.size() < sizeof(linger))
            return fail(errc::einval);
        u64 both;
        std::memcpy(&both, value.data(), sizeof both);
        _linger.store(both, std::memory_order_relaxed);
        return {};
    case so_busy_poll:
    case so_incoming_cpu:
    case so_max_pacing_rate:
        return {};
    case so_zerocopy:
    case so_txtime:
    case so_peek_off:
        return fail(errc::eopnotsupp);
    default:
        return fail(errc::enoprotoopt);
    }
}

result<size_t> plain_options::get(int name, std::span<std::byte> value) const
{
    if (is_switch(name))
        return give_option(value, s32{is_on(name)});
    switch (name) {
    case so_sndbuf:
        return give_option(value, send_buffer());
    case so_rcvbuf:
        return give_option(value, _receive_buffer.load(std::memory_order_relaxed));
    case so_rcvlowat:
        return give_option(value, _receive_low_water.load(std::memory_order_relaxed));
    case so_sndlowat:
        return give_option(value, s32{1});
    case so_priority:
        return give_option(value, _priority.load(std::memory_order_relaxed));
    case so_mark:
        return give_option(value, _mark.load(std::memory_order_relaxed));
    case so_linger:
        return give_option(value, std::bit_cast<linger>(_linger.load(std::memory_order_relaxed)));
    case so_busy_poll:
    case so_incoming_cpu:
    case so_incoming_napi_id:
    case so_zerocopy:
    case so_bsdcompat:
        return give_option(value, s32{0});
    case so_max_pacing_rate:
        return give_option(value, value.size() == sizeof(u32) ? u64{~u32{0}} : ~u64{0});
    case so_peek_off:
        return give_option(value, s32{-1});
    default:
        return fail(errc::enoprotoopt);
    }
}
} // namespace linux
