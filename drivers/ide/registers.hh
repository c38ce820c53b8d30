// The registers of one IDE channel and of its half of a bus-master controller.
//
// Sources: ATA8-ACS §6 and ATA8-APT §9 (command and control block), Programming Interface for Bus Master IDE
// Controller 1.0.
#pragma once

#include "core/base/types.hh"

namespace ide
{
enum class block : u8 { command, control, bus_master };

/// A channel's ports in the machine, a model in tests.
class registers
{
  public:
    virtual u8 read(block where, unsigned index) = 0;
    virtual void write(block where, unsigned index, u8 value) = 0;
    /// The command block's data port.
    virtual u16 read_data() = 0;
    /// Where the bus master finds its list of regions.
    virtual void write_region_list(u32 address) = 0;
    /// Takes the controller's way to memory away, for one that does not stop.
    virtual void cut_off() = 0;

  protected:
    ~registers() = default;
};

/// Of block::command; status and command share one.
namespace reg
{
inline constexpr unsigned count = 2, sector_low = 3, sector_middle = 4, sector_high = 5, device = 6,
                          status = 7, command = 7;
}

/// Of block::bus_master.
namespace master
{
inline constexpr unsigned command = 0, status = 2;
inline constexpr u8 start = 1, to_memory = 8;             // command
inline constexpr u8 active = 1, error = 2, interrupt = 4; // status; the last two are cleared by writing ones
} // namespace master

namespace status_bit
{
inline constexpr u8 error = 1, data_request = 8, device_fault = 0x20, busy = 0x80;
}

namespace control_bit
{
inline constexpr u8 no_interrupts = 2, reset = 4;
}

/// A piece of RAM that crosses no multiple of 64 KiB.
struct region {
    static constexpr u16 last = 0x8000;
    u32 address;
    u16 length; // 0: 64 KiB
    u16 flags;
};
static_assert(sizeof(region) == 8);
} // namespace ide
