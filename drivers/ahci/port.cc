// Commands of one port: slots, turns, completion; see port.hh. What happens after an error is in recovery.cc.
#include "drivers/ahci/port.hh"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/log.hh"
#include "core/mm/layout.hh"

namespace ahci
{
namespace
{
constexpr u32 link_mask = 0xf, link_is_up = 3;
constexpr u8 device_by_sector_number = 0x40;
} // namespace

u64 port::highest_address(u32 capabilities)
{
    return capabilities & capability::wide_addresses ? ~u64{0} : 0xffff'ffff;
}

bool port::has_device(registers& r, unsigned index)
{
    const u32 base = reg::first_port + index * reg::port_size;
    return (r.read(base + port_reg::status) & link_mask) == link_is_up;
}

port::port(registers& r, unsigned index, u32 capabilities, const timing& t)
    : disk({.highest_address = highest_address(capabilities)}), _registers(r),
      _base(reg::first_port + index * reg::port_size), _capabilities(capabilities), _timing(t)
{
}

result<unique_ptr<port>> port::create(registers& r, unsigned index, const timing& t)
{
    auto made = TRY(try_make_unique<port>(r, index, r.read(reg::capabilities), t));
    TRY(made->initialize());
    return made;
}

result<void> port::identify()
{
    auto data = TRY(ata::allocate_below(highest_address(_capabilities), ata::identity_size));
    ata::request r{.what = ata::operation::read};
    r.segments[r.count++] = {mm::to_physical(data.get()), ata::identity_size};
    TRY(run_command({.code = identify_command, .about = &r}));
    auto identity = TRY(
        ata::parse_identity(std::span<const std::byte, ata::identity_size>(data.get(), ata::identity_size)));
    const unsigned slots = (_capabilities >> capability::slots_shift & 0x1f) + 1;
    if (!(_capabilities & capability::queueing) || !identity.wide_numbers)
        identity.queue_depth = 1;
    _slots_in_use = std::min<unsigned>(identity.queue_depth, slots);
    identity.queue_depth = static_cast<u8>(_slots_in_use);
    set_identity(identity);
    return {};
}

result<void> port::start_disk()
{
    TRY(identify());
    return publish();
}

port::command port::command_for(const ata::request& r) const
{
    command c{.code = 0, .writes = r.what == ata::operation::write, .about = &r};
    c.tagged = identity().queued() && r.what != ata::operation::flush;
    if (c.tagged)
        c.code = c.writes ? write_tagged : read_tagged;
    else
        c.code = ata::command_of(r.what, identity().wide_numbers);
    return c;
}

result<void> port::run(const ata::request& r)
{
    return run_command(command_for(r));
}

result<void> port::run_command(const command& c)
{
    lock_guard guard{_lock};
    const unsigned index = take_slot_locked();
    auto outcome = try_locked(index, c, attempt::first);
    if (!outcome && outcome.error() == errc::eagain) {
        command alone = c;
        alone.tagged = false;
        if (c.tagged)
            alone.code = ata::command_of(c.about->what, identity().wide_numbers);
        outcome = try_locked(index, alone, attempt::second);
        if (!outcome && outcome.error() == errc::eagain)
            _again--; // nobody tries a third time
    }
    _slots[index].state = slot_state::free;
    _turn.wake_all();
    return outcome ? result<void>{} : fail(errc::eio);
}

unsigned port::take_slot_locked()
{
    slot* const end = _slots + _slots_in_use;
    slot* mine = end;
    const auto find = [&] {
        mine = std::find_if(_slots, end, [](const slot& s) { return s.state == slot_state::free; });
        return mine != end;
    };
    ensure(wait_until(_turn, _lock, find).has_value()); // no deadline, not interruptible
    mine->state = slot_state::taken;
    return static_cast<unsigned>(mine - _slots);
}

bool port::may_issue_locked(bool tagged, attempt which) const
{
    if (_state != port_state::running || (which == attempt::first && _again > 0))
        return false;
    if (tagged)
        return (_issued == 0 || _issued_tagged) && _waiting_untagged == 0;
    return _issued == 0;
}

/// Errors: eio (the port is dead).
result<void> port::wait_for_turn_locked(bool tagged, attempt which)
{
    const unsigned counted = tagged ? 0 : 1;
    _waiting_untagged += counted;
    for (;;) {
        const auto something_to_do = [&]() REQUIRES(_lock) {
            return _state == port_state::failed || _state == port_state::dead ||
                   may_issue_locked(tagged, which);
        };
        ensure(wait_until(_turn, _lock, something_to_do).has_value()); // no deadline, not interruptible
        if (_state != port_state::failed)
            break;
        recover_locked();
    }
    _waiting_untagged -= counted;
    if (_state == port_state::dead)
        return fail(errc::eio);
    return {};
}

/// Errors: eagain (the port failed meanwhile, the command may go once more), eio.
result<void> port::try_locked(unsigned index, const command& c, attempt which)
{
    slot& mine = _slots[index];
    const auto turn = wait_for_turn_locked(c.tagged, which);
    if (which == attempt::second)
        _again--;
    TRY(turn);
    issue_locked(index, c);
    const auto ended = [&] { return mine.state != slot_state::issued; };
    const wait_options limit{.deadline = timekeeping::after(timekeeping::now(), _timing.patience)};
    if (!wait_until(mine.waiting, _lock, ended, limit)) {
        klog::line("{}: a command takes too long", name());
        fail_locked();
    }
    return mine.state == slot_state::done ? result<void>{} : fail(errc::eagain);
}

void port::issue_locked(unsigned index, const command& c)
{
    const u32 bit = u32{1} << index;
    command_header& header = _memory->list[index];
    fill_table(_memory->tables[index], c, index);
    header.flags = static_cast<u16>(sizeof(command_fis) / 4 | (c.writes ? command_header::write : 0));
    header.regions = static_cast<u16>(c.about->count);
    header.transferred = 0;
    _slots[index].state = slot_state::issued;
    _issued |= bit;
    _issued_tagged = c.tagged;
    std::atomic_thread_fence(std::memory_order_release); // the table is there before the controller looks
    if (c.tagged)
        write_register(port_reg::active, bit);
    write_register(port_reg::issue, bit);
}

void port::fill_table(command_table& t, const command& c, unsigned index)
{
    const ata::request& r = *c.about;
    const u32 count = r.sectors();
    t.fis = {.type = command_fis::type_host_to_device,
             .flags = command_fis::is_command,
             .command = c.code,
             .features_low = 0,
             .sector_low = {static_cast<u8>(r.sector), static_cast<u8>(r.sector >> 8),
                            static_cast<u8>(r.sector >> 16)},
             .device = device_by_sector_number,
             .sector_high = {static_cast<u8>(r.sector >> 24), static_cast<u8>(r.sector >> 32),
                             static_cast<u8>(r.sector >> 40)},
             .features_high = 0,
             .count_low = static_cast<u8>(count),
             .count_high = static_cast<u8>(count >> 8),
             .reserved = {}};
    if (c.tagged) { // the count moves to make room for the tag
        t.fis.features_low = static_cast<u8>(count);
        t.fis.features_high = static_cast<u8>(count >> 8);
        t.fis.count_low = static_cast<u8>(index << 3);
        t.fis.count_high = 0;
    } else if (!identity().wide_numbers) {
        t.fis.device |= static_cast<u8>(r.sector >> 24 & 0xf);
        t.fis.sector_high[0] = 0;
    }
    for (size_t i = 0; i < r.count; i++)
        t.regions[i] = {r.segments[i].address.value, 0, r.segments[i].length - 1};
}

void port::interrupt()
{
    lock_guard guard{_lock};
    const u32 causes = read_register(port_reg::interrupt_status);
    write_register(port_reg::interrupt_status, causes);
    if (_state != port_state::running)
        return;
    finish_locked(_issued & ~(read_register(port_reg::active) | read_register(port_reg::issue)));
    if (causes & interrupt_bit::failure)
        fail_locked();
}

/// These slots' commands have ended well.
void port::finish_locked(u32 finished)
{
    std::atomic_thread_fence(std::memory_order_acquire); // the data is there before the waiter looks
    _issued &= ~finished;
    for (u32 left = finished; left != 0; left &= left - 1) {
        slot& s = _slots[std::countr_zero(left)];
        s.state = slot_state::done;
        s.waiting.wake_all();
    }
    if (_issued == 0)
        _turn.wake_all();
}
} // namespace ahci
