// A 16550 with interrupts; see uart.hh.
#include "drivers/serial/uart.hh"

namespace serial
{
namespace
{
enum reg : unsigned {
    data = 0,
    interrupt_enable = 1,
    interrupt_identity = 2, // read
    fifo_control = 2,       // write
    line_control = 3,
    modem_control = 4,
    line_status = 5,
    scratch = 7,
};

constexpr u8 data_available = 1, transmitter_empty = 2; // interrupt_enable
constexpr u8 no_interrupt = 1;        // interrupt_identity; reading it acknowledges "transmitter empty"
constexpr unsigned most_rounds = 256; // of one interrupt
constexpr u8 status_data_ready = 1, status_transmit_empty = 0x20, status_all_sent = 0x40;
constexpr unsigned most_looks = 200'000;
constexpr u8 divisor_latch = 0x80, eight_bits = 3;
constexpr u8 fifo_on_and_cleared = 0xc7;
constexpr u8 ready_to_send = 2, data_terminal_ready = 1, interrupt_gate = 8;
constexpr unsigned fifo_depth = 16;
} // namespace

bool uart::initialize()
{
    _registers.write(scratch, 0x5a);
    if (_registers.read(scratch) != 0x5a)
        return false;
    _registers.write(interrupt_enable, 0);
    _registers.write(line_control, divisor_latch);
    _registers.write(data, 1); // 115200 bit/s
    _registers.write(interrupt_enable, 0);
    _registers.write(line_control, eight_bits);
    _registers.write(fifo_control, fifo_on_and_cleared);
    _registers.write(modem_control, data_terminal_ready | ready_to_send | interrupt_gate);
    lock_guard guard{_lock};
    set_interrupts_locked();
    return true;
}

/// Each kind of interrupt is on exactly while there is something to do for it.
void uart::set_interrupts_locked()
{
    u8 wanted = 0;
    if (_input.room() > 0)
        wanted |= data_available;
    if (_output.used() > 0)
        wanted |= transmitter_empty;
    if (wanted == _enabled)
        return;
    if ((wanted ^ _enabled) & data_available) {
        const u8 flow = wanted & data_available ? ready_to_send : u8{0};
        _registers.write(modem_control, data_terminal_ready | interrupt_gate | flow);
    }
    _enabled = wanted;
    _registers.write(interrupt_enable, wanted);
}

void uart::send_locked()
{
    if (_output.used() == 0 || !(_registers.read(line_status) & status_transmit_empty))
        return;
    for (unsigned i = 0; i < fifo_depth && _output.used() > 0; i++)
        _registers.write(data, _output.pop());
}

void uart::receive_locked()
{
    while (_input.room() > 0 && (_registers.read(line_status) & status_data_ready))
        _input.push(_registers.read(data));
}

result<size_t> uart::try_read(std::span<std::byte> buffer)
{
    lock_guard guard{_lock};
    receive_locked();
    size_t count = 0;
    while (count < buffer.size() && _input.used() > 0)
        buffer[count++] = std::byte{_input.pop()};
    set_interrupts_locked();
    if (count == 0 && !buffer.empty())
        return fail(errc::eagain);
    return count;
}

/// Takes what there is room for and starts the transmitter.
size_t uart::put_locked(std::span<const std::byte> bytes)
{
    size_t count = 0;
    while (count < bytes.size() && _output.room() > 0)
        _output.push(static_cast<u8>(bytes[count++]));
    send_locked();
    set_interrupts_locked();
    return count;
}

result<size_t> uart::try_write(std::span<const std::byte> bytes)
{
    lock_guard guard{_lock};
    const size_t count = put_locked(bytes);
    if (count == 0 && !bytes.empty())
        return fail(errc::eagain);
    return count;
}

bool uart::write_whole(std::span<const std::byte> bytes)
{
    lock_guard guard{_lock};
    if (_output.room() < bytes.size())
        return false;
    put_locked(bytes);
    return true;
}

size_t uart::room()
{
    lock_guard guard{_lock};
    return _output.room();
}

bool uart::readable()
{
    lock_guard guard{_lock};
    return _input.used() > 0;
}

bool uart::writable()
{
    lock_guard guard{_lock};
    return _output.room() > 0;
}

bool uart::drained()
{
    WITH_LOCK(_lock)
    {
        send_locked();
        if (_output.used() > 0)
            return false;
    }
    // What the chip still holds is lost if the machine is turned off next (VirtualBox sends it beside the
    // machine). No interrupt tells of its end, which is a millisecond away; a chip that never says so is
    // left.
    for (unsigned i = 0; i < most_looks && !(_registers.read(line_status) & status_all_sent); i++)
        ;
    return true;
}

void uart::interrupt()
{
    bool input = false;
    bool output = false;
    WITH_LOCK(_lock)
    {
        // The line is edge-triggered: it must have been down once when we leave, or it never rises again. A
        // full ring and an empty one ask for no interrupt; a chip that asks on all the same is left.
        for (unsigned round = 0; round < most_rounds; round++) {
            receive_locked();
            send_locked();
            set_interrupts_locked();
            if (_registers.read(interrupt_identity) & no_interrupt)
                break;
        }
        input = _input.used() > 0;
        output = _output.room() > 0;
    }
    if (input)
        read_queue().wake_all();
    if (output)
        write_queue().wake_all();
    tell_listener();
}
} // namespace serial
