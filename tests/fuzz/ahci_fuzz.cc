// An AHCI controller that answers what it likes, while one thread reads and writes.
//
// The controller acts whenever that thread sleeps: registers change, interrupts come, commands end or never
// do. The driver must come back from every call and never use what it reads as an index or a length.
#include <cstring>
#include <vector>

#include "drivers/ahci/port.hh"
#include "tests/fuzz/fuzz_input.hh"
#include "tests/fuzz/one_thread.hh"
#include "tests/fuzz/use_disk.hh"

namespace
{
struct hostile_controller final : ahci::registers {
    u32 read(u32 offset) override
    {
        const u32 at = offset % sizeof state / 4;
        return input.byte() % 8 == 0 ? state[at] ^ input.word() : state[at];
    }
    void write(u32 offset, u32 value) override
    {
        namespace r = ahci::port_reg;
        const u32 at = offset % sizeof state / 4;
        if (offset == ahci::reg::first_port + r::command_list)
            list = (list & ~u64{0xffff'ffff}) | value;
        else if (offset == ahci::reg::first_port + r::command_list + 4)
            list = (list & 0xffff'ffff) | u64{value} << 32;
        if (offset == ahci::reg::first_port + r::interrupt_status)
            state[at] &= ~value;
        else if (offset == ahci::reg::first_port + r::issue)
            state[at] |= value;
        else
            state[at] = value;
    }
    void cut_off() override {}

    /// What happens while the driver sleeps.
    void act()
    {
        u32& status = state[(ahci::reg::first_port + ahci::port_reg::interrupt_status) / 4];
        u32& issued = state[(ahci::reg::first_port + ahci::port_reg::issue) / 4];
        switch (input.byte() % 4) {
        case 0: // all is well
            answer_identify();
            issued = 0;
            state[(ahci::reg::first_port + ahci::port_reg::active) / 4] = 0;
            status |= ahci::interrupt_bit::registers_received;
            break;
        case 1:
            status |= ahci::interrupt_bit::task_file;
            break;
        case 2:
            state[input.word() % std::size(state)] = input.word();
            break;
        default:
            status = input.word();
        }
        if (driver)
            driver->interrupt();
    }

    /// A disk of a plausible size, with flaws.
    void answer_identify()
    {
        if (!driver || identified)
            return;
        const auto& header = *reinterpret_cast<const ahci::command_header*>(list);
        const auto* const regions = reinterpret_cast<const ahci::region*>(header.table + 0x80);
        u16 page[256] = {};
        page[49] = 0x0300;
        page[60] = 4096;
        page[83] = page[86] = 0x4400;
        page[85] = 0x20;
        page[100] = 4096;
        page[75] = input.byte();
        page[76] = 0x100;
        page[input.byte()] = static_cast<u16>(input.word());
        std::memcpy(reinterpret_cast<void*>(regions[0].address), page, sizeof page);
        identified = true;
    }

    fuzz_input input;
    ahci::port* driver = nullptr;
    u64 list = 0;
    bool identified = false;
    u32 state[(ahci::reg::first_port + ahci::reg::port_size) / 4] = {};
};

hostile_controller* controller;
} // namespace

void device_acts()
{
    controller->act();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    hostile_controller device;
    controller = &device;
    device.input = {data, size};
    device.state[0] = 0xc000'1f00 & ~(device.input.byte() % 2 ? 0x8000'0000 : 0u);
    device.state[0] |= 0x8000'0000; // the host's memory lies high
    namespace r = ahci::port_reg;
    device.state[(ahci::reg::first_port + r::signature) / 4] = 0x101;
    device.state[(ahci::reg::first_port + r::status) / 4] = 0x123;
    auto made = ahci::port::create(device, 0, {.steps = 3});
    if (!made)
        return 0;
    device.driver = made.value().get();
    // Not made known: devices that are known live for ever.
    if (device.driver->identify())
        while (device.input.left > 0)
            use_disk(*device.driver, device.input);
    return 0;
}
