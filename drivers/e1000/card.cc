// Setting the card up, its interrupt and its filter; see card.hh.
#include "drivers/e1000/card.hh"

#include <algorithm>

namespace e1000
{
namespace
{
constexpr u32 poll_limit = 64; // frames in one go
constexpr unsigned reset_looks = 100'000;
constexpr u32 address_valid = 1u << 31;
constexpr u32 copper_gaps = 0x0060'200a;      // §13.4.34: 10, 8, 6
constexpr u32 check_ip_and_transport = 0x300; // of reg::receive_checksum
constexpr u32 fixed_receive = receive_bit::enable | receive_bit::broadcast | receive_bit::strip_crc;
} // namespace

result<unique_ptr<card>> card::create(registers& r)
{
    auto in = TRY(receive_ring::make_memory());
    auto out = TRY(transmit_ring::make_ring());
    auto made = TRY(try_make_unique<card>(r, std::move(in), std::move(out)));
    TRY(made->reset());
    TRY(made->read_address());
    return made;
}

result<void> card::reset()
{
    _registers.write(reg::interrupt_clear, ~u32{0});
    _registers.write(reg::receive_control, 0);
    _registers.write(reg::transmit_control, 0);
    _registers.write(reg::control, _registers.read(reg::control) | control_bit::reset);
    unsigned looks = 0;
    while ((_registers.read(reg::control) & control_bit::reset) && looks < reset_looks)
        looks++;
    if (looks == reset_looks)
        return fail(errc::eio);
    _registers.write(reg::interrupt_clear, ~u32{0});
    (void)_registers.read(reg::interrupt_cause);
    u32 control = _registers.read(reg::control) | control_bit::link_up | control_bit::auto_speed;
    control &=
        ~(control_bit::link_reset | control_bit::invert_loss | control_bit::vlan | control_bit::phy_reset);
    _registers.write(reg::control, control);
    for (const u32 r : {reg::flow_address_low, reg::flow_address_high, reg::flow_type, reg::flow_timer})
        _registers.write(r, 0); // no flow control
    for (u32 i = 0; i < reg::multicast_words; i++)
        _registers.write(reg::multicast_table + 4 * i, 0);
    return {};
}

/// The card reads it out of its EEPROM at a reset.
result<void> card::read_address()
{
    const u32 low = _registers.read(reg::address_low);
    const u32 high = _registers.read(reg::address_high);
    for (unsigned i = 0; i < 4; i++)
        _address[i] = static_cast<u8>(low >> (8 * i));
    _address[4] = static_cast<u8>(high);
    _address[5] = static_cast<u8>(high >> 8);
    constexpr u8 group = 1;
    if (!(high & address_valid) || (_address[0] & group) || _address == mac_address{})
        return fail(errc::eio);
    return {};
}

result<void> card::attach(receiver& r)
{
    TRY(_receive.fill());
    _receiver = &r;
    const u64 address = _receive.descriptors().address().value;
    _registers.write(reg::receive_ring, static_cast<u32>(address));
    _registers.write(reg::receive_ring_high, static_cast<u32>(address >> 32));
    _registers.write(reg::receive_ring_bytes, _receive.descriptors().bytes());
    _registers.write(reg::receive_delay, 0);
    _registers.write(reg::receive_head, 0);
    _registers.write(reg::receive_tail, _receive.tail());
    _registers.write(reg::receive_checksum, check_ip_and_transport);
    _transmit.set_up();
    _registers.write(reg::transmit_gap, copper_gaps);
    _registers.write(reg::transmit_control, transmit_bit::enable | transmit_bit::pad_short |
                                                transmit_bit::collision_threshold |
                                                transmit_bit::collision_distance);
    _registers.write(reg::receive_control, fixed_receive);
    _link_up = _registers.read(reg::status) & status_bit::link_up;
    _registers.write(reg::interrupt_set, cause::receiving | cause::link_changed);
    return {};
}

/// Groups are let pass by a hash of twelve bits of their address (§13.5.1); the stack sorts out the rest.
result<void> card::set_filter(const filter& wanted)
{
    u32 table[reg::multicast_words] = {};
    for (const mac_address& group : wanted.multicast) {
        const u32 hash = (u32{group[4]} >> 4 | u32{group[5]} << 4) & 0xfff;
        table[hash / 32] |= u32{1} << hash % 32;
    }
    for (u32 i = 0; i < reg::multicast_words; i++)
        _registers.write(reg::multicast_table + 4 * i, table[i]);
    u32 receive = fixed_receive;
    if (wanted.all_multicast)
        receive |= receive_bit::all_multicast;
    if (wanted.promiscuous)
        receive |= receive_bit::all_unicast | receive_bit::all_multicast;
    _registers.write(reg::receive_control, receive);
    return {};
}

void card::interrupt()
{
    const u32 causes = _registers.read(reg::interrupt_cause);
    if (causes == 0 || !_receiver)
        return; // another device's on the same line
    if (causes & cause::link_changed)
        _link_may_have_changed.store(true, std::memory_order_relaxed);
    _registers.write(reg::interrupt_clear, cause::receiving);
    _work.raise();
}

/// Whether there is more to receive.
bool card::poll()
{
    if (_link_may_have_changed.exchange(false, std::memory_order_relaxed))
        check_link();
    const u32 tail = _receive.tail();
    auto [frames, more] = _receive.poll(poll_limit);
    if (_receive.tail() != tail) {
        std::atomic_thread_fence(std::memory_order_release); // descriptors before the tail
        _registers.write(reg::receive_tail, _receive.tail());
    }
    _transmit.clean_up();
    if (!frames.empty())
        _receiver->receive(*this, std::move(frames));
    if (!more)
        _registers.write(reg::interrupt_set, cause::receiving);
    return more;
}

void card::check_link()
{
    const bool up = _registers.read(reg::status) & status_bit::link_up;
    if (_link_up.exchange(up, std::memory_order_relaxed) != up)
        _receiver->link_changed(*this);
}
} // namespace e1000
