// An IDE channel whose registers hold what they like, while one thread reads and writes.
//
// The controller acts whenever that thread sleeps: registers change, interrupts come, commands end or never
// do. The driver must come back from every call and never use what it reads as an index or a length.
#include "drivers/ide/channel.hh"
#include "tests/fuzz/fuzz_input.hh"
#include "tests/fuzz/one_thread.hh"
#include "tests/fuzz/use_disk.hh"

namespace
{
class hostile_controller final : public ide::registers
{
  public:
    explicit hostile_controller(fuzz_input& i) : _input(i) {}
    u8 read(ide::block where, unsigned index) override
    {
        const u8 usual = register_at(where, index);
        return _input.byte() % 16 == 0 ? static_cast<u8>(usual ^ _input.byte()) : usual;
    }
    void write(ide::block where, unsigned index, u8 value) override
    {
        u8& there = register_at(where, index);
        if (where == ide::block::bus_master && index == ide::master::status) {
            there &= static_cast<u8>(~(value & 6));
        } else if (where == ide::block::command && index == ide::reg::command) {
            _words = 0;
            there = value == identify_command ? 0x58 : 0xd0;
        } else if (where == ide::block::command) {
            there = value;
        }
    }
    /// A disk of a plausible size, with one flaw.
    u16 read_data() override
    {
        const unsigned at = _words++ % 256;
        if (at == 0)
            _flaw = _input.byte();
        if (at == 255)
            status() = 0x50;
        return at == _flaw ? _input.half() : plausible(at);
    }
    void write_region_list(u32) override {}
    void cut_off() override {}

    /// What happens while the driver sleeps.
    void act()
    {
        switch (_input.byte() % 4) {
        case 0: // all is well
            status() = 0x50;
            master_status() = ide::master::interrupt;
            break;
        case 1:
            status() = static_cast<u8>(0x50 | ide::status_bit::error);
            master_status() = ide::master::interrupt;
            break;
        case 2:
            status() = _input.byte();
            break;
        default:
            master_status() = _input.byte();
        }
        if (driver)
            driver->interrupt();
    }

    ide::channel* driver = nullptr;

  private:
    static constexpr u8 identify_command = 0xec;

    /// The command block's status serves as the control block's, too.
    u8& register_at(ide::block where, unsigned index)
    {
        return where == ide::block::bus_master ? _bus_master[index]
               : where == ide::block::control  ? status()
                                               : _command[index];
    }
    u8& status() { return _command[ide::reg::status]; }
    u8& master_status() { return _bus_master[ide::master::status]; }
    static u16 plausible(unsigned word)
    {
        switch (word) {
        case 49: // DMA and LBA
            return 0x0300;
        case 60:
        case 100: // sectors
            return 4096;
        case 83:
        case 86: // 48-bit numbers, flush
            return 0x4400;
        default:
            return 0;
        }
    }

    fuzz_input& _input;
    u8 _command[8] = {0, 0, 0, 0, 0, 0, 0, 0x50};
    u8 _bus_master[8] = {};
    unsigned _words = 0;
    u8 _flaw = 0;
};

hostile_controller* controller;
} // namespace

void device_acts()
{
    controller->act();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    fuzz_input input{data, size};
    hostile_controller device(input);
    controller = &device;
    auto made =
        ide::channel::create(device, {.steps = 3, .highest_address = ~u64{0}}); // host memory lies high
    if (!made)
        return 0;
    const auto channel = made.take();
    if (!channel->find_disks())
        return 0;
    device.driver = channel.get();
    // Not made known: devices that are known live for ever.
    while (input.left > 0)
        if (ide::drive* const disk = channel->disk(input.byte() % 2))
            use_disk(*disk, input);
    return 0;
}
