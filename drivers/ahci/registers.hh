// The registers and the memory structures of an AHCI controller.
//
//     command list, 32 headers ---> command table of a slot: command FIS | region list (where the data is)
//     received FIS area               the controller writes here what the disk sends
//
// Sources: Serial ATA AHCI 1.3.1 §3 (registers), §4 (memory); Serial ATA 3.0 §10.3 (FIS).
#pragma once

#include "core/base/types.hh"

namespace ahci
{
/// The controller's registers; mapped memory in the machine, a model in tests.
class registers
{
  public:
    virtual u32 read(u32 offset) = 0;
    virtual void write(u32 offset, u32 value) = 0;
    /// Takes the controller's way to memory away, for one that does not stop.
    virtual void cut_off() = 0;

  protected:
    ~registers() = default;
};

namespace reg
{
inline constexpr u32 capabilities = 0x00, control = 0x04, interrupt_status = 0x08, ports = 0x0c,
                     capabilities_2 = 0x24, handoff = 0x28, first_port = 0x100, port_size = 0x80;
} // namespace reg

namespace port_reg
{
inline constexpr u32 command_list = 0x00, received = 0x08, interrupt_status = 0x10, interrupt_enable = 0x14,
                     command = 0x18, task_file = 0x20, signature = 0x24, status = 0x28, control = 0x2c,
                     error = 0x30, active = 0x34, issue = 0x38;
} // namespace port_reg

namespace capability
{
inline constexpr u32 slots_shift = 8, queueing = 1u << 30, wide_addresses = 1u << 31;
} // namespace capability

namespace control_bit
{
inline constexpr u32 reset = 1u << 0, interrupts = 1u << 1, ahci = 1u << 31;
} // namespace control_bit

namespace command_bit
{
inline constexpr u32 start = 1u << 0, spin_up = 1u << 1, power_on = 1u << 2, clear_busy = 1u << 3,
                     receive = 1u << 4, receive_running = 1u << 14, running = 1u << 15,
                     interface_mask = 0xfu << 28, interface_active = 1u << 28;
} // namespace command_bit

namespace interrupt_bit
{
inline constexpr u32 registers_received = 1u << 0, tags_received = 1u << 3, interface_fatal = 1u << 27,
                     bus_data = 1u << 28, bus_fatal = 1u << 29, task_file = 1u << 30;
inline constexpr u32 failure = interface_fatal | bus_data | bus_fatal | task_file;
/// PIO set-up (IDENTIFY's data), and what finishes commands or fails them.
inline constexpr u32 wanted = registers_received | 1u << 1 | tags_received | failure;
} // namespace interrupt_bit

namespace task_file_bit
{
inline constexpr u32 error = 1, data_request = 8, busy = 0x80;
}

struct command_header {
    static constexpr u16 write = 1u << 6;
    u16 flags; // length of the command FIS in words, direction
    u16 regions;
    u32 transferred; // by the controller
    u64 table;
    u32 reserved[4];
};
static_assert(sizeof(command_header) == 32);

struct region {
    u64 address;
    u32 reserved;
    u32 length_less_1;
};
static_assert(sizeof(region) == 16);

/// Register FIS, host to device.
struct command_fis {
    static constexpr u8 type_host_to_device = 0x27, is_command = 0x80;
    u8 type;
    u8 flags;
    u8 command;
    u8 features_low;
    u8 sector_low[3];
    u8 device;
    u8 sector_high[3];
    u8 features_high;
    u8 count_low;
    u8 count_high;
    u8 reserved[6];
};
static_assert(sizeof(command_fis) == 20);
} // namespace ahci
