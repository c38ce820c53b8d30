// Commands on an IDE channel; see channel.hh.
#include "drivers/ide/channel.hh"

#include "core/log.hh"
#include "core/mm/layout.hh"

namespace ide
{
namespace
{
constexpr u8 identify_command = 0xec;
constexpr u8 by_sector_number = 0xe0;
constexpr u8 occupied = status_bit::busy | status_bit::data_request;
constexpr u8 failed = status_bit::error | status_bit::device_fault | occupied;
} // namespace

result<void> drive::run(const ata::request& r)
{
    return _channel.run(_number, r, identity());
}

result<unique_ptr<channel>> channel::create(registers& r, const settings& s)
{
    auto made = TRY(try_make_unique<channel>(r, s));
    constexpr size_t list_size = ata::request::most_segments * sizeof(region); // and aligned to it
    made->_allocation = TRY(ata::allocate_below(s.highest_address, 2 * list_size));
    made->_regions =
        reinterpret_cast<region*>(align_up(reinterpret_cast<u64>(made->_allocation.get()), list_size));
    return made;
}

result<void> channel::find_disks()
{
    lock_guard turn{_turn};
    _registers.write(block::control, 0, control_bit::no_interrupts);
    bool any = false;
    for (unsigned i = 0; i < 2; i++) {
        const auto identity = identify(i);
        if (!identity)
            continue;
        _drives[i] = TRY(try_make_unique<drive>(*this, i, _settings.highest_address));
        _drives[i]->set_up(identity.value());
        any = true;
    }
    return any ? result<void>{} : fail(errc::enodev);
}

/// By polling, since what is not there raises no interrupt. Errors: enodev, einval.
result<ata::identity> channel::identify(unsigned number)
{
    write(reg::device, static_cast<u8>(by_sector_number | number << 4));
    const u8 before = read(reg::status);
    if (before == 0 || before == 0xff || !look_until_ready())
        return fail(errc::enodev);
    write(reg::command, identify_command);
    if (!look_until([&] { return !(read(reg::status) & status_bit::busy); }))
        return fail(errc::enodev);
    const u8 status = read(reg::status);
    if ((status & (status_bit::error | status_bit::device_fault)) || !(status & status_bit::data_request))
        return fail(errc::enodev); // a CD drive refuses it
    std::array<std::byte, ata::identity_size> data;
    for (size_t i = 0; i < data.size(); i += 2) {
        const u16 word = _registers.read_data();
        data[i] = static_cast<std::byte>(word);
        data[i + 1] = static_cast<std::byte>(word >> 8);
    }
    auto identity = TRY(ata::parse_identity(data));
    identity.queue_depth = 1;
    return identity;
}

void channel::start()
{
    _registers.write(block::control, 0, 0);
    for (auto& d : _drives)
        if (d)
            if (const auto published = d->publish(); !published)
                klog::line("ide: a disk is not usable, error {}", published.error());
}

result<void> channel::run(unsigned number, const ata::request& r, const ata::identity& about)
{
    lock_guard turn{_turn};
    for (unsigned attempt = 0; attempt < 2 && !_dead; attempt++) {
        if (try_once(number, r, about))
            return {};
        recover();
    }
    return fail(errc::eio);
}

result<void> channel::select(unsigned number, u8 more)
{
    write(reg::device, static_cast<u8>(by_sector_number | number << 4 | more));
    for (unsigned i = 0; i < 4; i++)
        (void)_registers.read(block::control, 0); // 400 ns until the status is the selected disk's
    return look_until_ready() ? result<void>{} : fail(errc::eio);
}

/// Each register takes two bytes of a wide number, the higher one first.
void channel::write_place(const ata::request& r, bool wide)
{
    const u32 count = r.sectors();
    if (wide) {
        write(reg::count, static_cast<u8>(count >> 8));
        write(reg::sector_low, static_cast<u8>(r.sector >> 24));
        write(reg::sector_middle, static_cast<u8>(r.sector >> 32));
        write(reg::sector_high, static_cast<u8>(r.sector >> 40));
    }
    write(reg::count, static_cast<u8>(count));
    write(reg::sector_low, static_cast<u8>(r.sector));
    write(reg::sector_middle, static_cast<u8>(r.sector >> 8));
    write(reg::sector_high, static_cast<u8>(r.sector >> 16));
}

void channel::fill_regions(const ata::request& r)
{
    for (size_t i = 0; i < r.count; i++)
        _regions[i] = {static_cast<u32>(r.segments[i].address.value), static_cast<u16>(r.segments[i].length),
                       0};
    if (r.count > 0)
        _regions[r.count - 1].flags = region::last;
    std::atomic_thread_fence(std::memory_order_release); // the list before the controller looks
}

result<void> channel::try_once(unsigned number, const ata::request& r, const ata::identity& about)
{
    const bool moves_data = r.what != ata::operation::flush;
    TRY(select(number, about.wide_numbers ? u8{0} : static_cast<u8>(r.sector >> 24 & 0xf)));
    u8 direction = 0;
    if (moves_data) {
        write_place(r, about.wide_numbers);
        fill_regions(r);
        direction = r.what == ata::operation::read ? master::to_memory : u8{0};
        _registers.write_region_list(static_cast<u32>(mm::to_physical(_regions).value));
        _registers.write(block::bus_master, master::command, direction);
    }
    const u8 old = _registers.read(block::bus_master, master::status);
    _registers.write(block::bus_master, master::status,
                     static_cast<u8>((old & 0x60) | master::error | master::interrupt));
    WITH_LOCK(_lock)
    {
        _outcome = outcome::pending;
    }
    write(reg::command, ata::command_of(r.what, about.wide_numbers));
    if (moves_data)
        _registers.write(block::bus_master, master::command, static_cast<u8>(direction | master::start));
    const auto ended = wait_for_end();
    if (moves_data)
        _registers.write(block::bus_master, master::command, 0);
    std::atomic_thread_fence(std::memory_order_acquire);
    return ended;
}

result<void> channel::wait_for_end()
{
    lock_guard guard{_lock};
    const auto ended = [&]() REQUIRES(_lock) { return _outcome != outcome::pending; };
    const wait_options limit{.deadline = timekeeping::after(timekeeping::now(), _settings.patience)};
    if (!wait_until(_ended, _lock, ended, limit))
        klog::line("ide: a command takes too long");
    const bool good = _outcome == outcome::good;
    _outcome = outcome::bad; // what comes late is not taken for the next one's end
    return good ? result<void>{} : fail(errc::eio);
}

void channel::interrupt()
{
    lock_guard guard{_lock};
    const u8 master_status = _registers.read(block::bus_master, master::status);
    if (!(master_status & master::interrupt))
        return;                          // another device's
    const u8 status = read(reg::status); // takes the interrupt back
    _registers.write(block::bus_master, master::status,
                     static_cast<u8>((master_status & 0x60) | master::interrupt));
    if (_outcome != outcome::pending)
        return;
    const bool good = !(status & failed) && !(master_status & (master::error | master::active));
    _outcome = good ? outcome::good : outcome::bad;
    _ended.wake_all();
}

/// The bus master is stopped already.
void channel::recover()
{
    _registers.write(block::control, 0, control_bit::reset);
    pause();
    _registers.write(block::control, 0, 0);
    pause();
    const bool stopped = !(_registers.read(block::bus_master, master::status) & master::active);
    if (stopped && look_until_ready())
        return;
    _dead = true;
    _registers.cut_off();
    klog::line("ide: a channel does not come back after an error");
}

/// Whether the selected disk takes a command, after some time if need be.
bool channel::look_until_ready()
{
    return look_until([&] { return !(read(reg::status) & occupied); });
}

void channel::pause()
{
    wait_queue nobody_wakes;
    const wait_options options{.deadline = timekeeping::after(timekeeping::now(), _settings.step)};
    (void)wait_until(
        nobody_wakes, [] { return false; }, options);
}
} // namespace ide
