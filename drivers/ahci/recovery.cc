// Starting and stopping a port, and bringing it back after an error; see port.hh.
//
// Source: AHCI 1.3.1 §6.2.2 (software error recovery), §10.3 (start and stop), §10.4.2 (port reset).
#include "core/log.hh"
#include "core/mm/layout.hh"
#include "drivers/ahci/port.hh"

namespace ahci
{
namespace
{
constexpr u32 signature_of_disk = 0x0000'0101;
constexpr u32 link_mask = 0xf, link_is_up = 3, link_reset = 1;
} // namespace

/// Whether it became true in time.
template <class Predicate>
bool port::look_until(Predicate there)
{
    for (unsigned i = 0; i < _timing.steps; i++) {
        if (there())
            return true;
        pause();
    }
    return there();
}

result<void> port::initialize()
{
    constexpr size_t alignment = alignof(shared_memory);
    _allocation = TRY(ata::allocate_below(highest_address(_capabilities), sizeof(shared_memory) + alignment));
    _memory = reinterpret_cast<shared_memory*>(align_up(reinterpret_cast<u64>(_allocation.get()), alignment));
    const u64 list = mm::to_physical(_memory->list).value;
    const u64 received = mm::to_physical(_memory->received).value;
    TRY(stop());
    write_register(port_reg::command, read_register(port_reg::command) & ~command_bit::receive);
    if (!look_until([&] { return !(read_register(port_reg::command) & command_bit::receive_running); }))
        return fail(errc::eio);
    for (unsigned i = 0; i < most_slots; i++)
        _memory->list[i].table = mm::to_physical(&_memory->tables[i]).value;
    write_register(port_reg::command_list, static_cast<u32>(list));
    write_register(port_reg::command_list + 4, static_cast<u32>(list >> 32));
    write_register(port_reg::received, static_cast<u32>(received));
    write_register(port_reg::received + 4, static_cast<u32>(received >> 32));
    write_register(port_reg::command, read_register(port_reg::command) | command_bit::receive);
    write_register(port_reg::error, ~u32{0});
    if (read_register(port_reg::task_file) & (task_file_bit::busy | task_file_bit::data_request))
        TRY(reset_link());
    if (read_register(port_reg::signature) != signature_of_disk)
        return fail(errc::enodev); // a CD drive, a port multiplier
    start();
    return {};
}

void port::fail_locked()
{
    if (_state != port_state::running)
        return;
    _state = port_state::failed;
    for (slot& s : _slots)
        if (s.state == slot_state::issued) {
            s.state = slot_state::again;
            _again++;
            s.waiting.wake_all();
        }
    _issued = 0;
    _turn.wake_all();
}

void port::recover_locked()
{
    _state = port_state::recovering;
    _lock.unlock();
    const auto restarted = restart();
    if (!restarted) {
        klog::line("{}: does not come back after an error", name());
        _registers.cut_off();
    }
    _lock.lock();
    _state = restarted ? port_state::running : port_state::dead;
    _turn.wake_all();
}

result<void> port::restart()
{
    TRY(stop());
    TRY(reset_link());
    start();
    return {};
}

result<void> port::stop()
{
    write_register(port_reg::command, read_register(port_reg::command) & ~command_bit::start);
    if (!look_until([&] { return !(read_register(port_reg::command) & command_bit::running); }))
        return fail(errc::eio);
    return {};
}

result<void> port::reset_link()
{
    const u32 control = read_register(port_reg::control) & ~link_mask;
    write_register(port_reg::control, control | link_reset);
    pause();
    write_register(port_reg::control, control);
    if (!look_until([&] { return (read_register(port_reg::status) & link_mask) == link_is_up; }))
        return fail(errc::eio);
    write_register(port_reg::error, ~u32{0});
    constexpr u32 occupied = task_file_bit::busy | task_file_bit::data_request;
    if (!look_until([&] { return !(read_register(port_reg::task_file) & occupied); }))
        return fail(errc::eio);
    return {};
}

void port::start()
{
    write_register(port_reg::interrupt_status, ~u32{0});
    write_register(port_reg::interrupt_enable, interrupt_bit::wanted);
    write_register(port_reg::command, read_register(port_reg::command) | command_bit::start);
}

void port::pause()
{
    wait_queue nobody_wakes;
    const wait_options options{.deadline = timekeeping::after(timekeeping::now(), _timing.step)};
    (void)wait_until(
        nobody_wakes, [] { return false; }, options);
}
} // namespace ahci
