// What the firmware says about this machine: CPUs, interrupt controllers, clocks and switches, from whichever
// tables it left in memory (ACPI, else the Intel MultiProcessor table).
//
// discover() runs once on the boot CPU, when the kernel heap works and before other CPUs and devices are
// started. It believes nothing: each table's length and checksum is checked, an odd table is left out with
// one log line, and what no table tells stays empty or zero (no CPUs listed: only the boot CPU; no local APIC
// address: 0xfee00000). After it the result does not change, so readers need no lock. Sources: ACPI 6.4 §5.2,
// MultiProcessor Specification 1.4 §4, PCI Firmware 3.2 §4.1.2, IA-PC HPET 1.0a §3.2.4.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "core/base/types.hh"
#include "core/device/dynamic_array.hh"

namespace firmware
{
/// Where tables are read from: the direct map in the kernel, an array of bytes in tests.
class physical_reader
{
  public:
    /// `length` bytes at `address`, readable until discover() returns; empty if they are not all there.
    virtual std::span<const std::byte> read(phys_addr address, size_t length) const = 0;

  protected:
    ~physical_reader() = default;
};

/// What the loader said.
struct boot_hints {
    phys_addr rsdp;               // ACPI's root pointer; 0: look for it in the BIOS area, unless
    bool loader_searched = false; // the loader did so already and found none (PVH start info)
};

struct cpu {
    u32 apic_id = 0;
    bool enabled = false;   // may be started now; else only after a hot-plug, which Kiln does not do
    bool bootstrap = false; // the MP table marks the boot CPU; ACPI does not
};

struct io_apic {
    u32 id = 0;
    phys_addr address;
    u32 first_interrupt = 0; // the global interrupt number of its pin 0
};

enum class polarity : u8 { high, low };
enum class trigger : u8 { edge, level };

/// An ISA interrupt that does not arrive as global interrupt of the same number, edge-triggered and active
/// high.
struct interrupt_override {
    u8 isa_irq = 0;
    u32 global_interrupt = 0;
    firmware::polarity polarity = firmware::polarity::high;
    firmware::trigger trigger = firmware::trigger::edge;
};

/// Memory-mapped PCI configuration space of some buses.
struct ecam_segment {
    phys_addr base; // of bus 0, also where first_bus is not 0
    u16 segment = 0;
    u8 first_bus = 0;
    u8 last_bus = 0;
};

/// A register somewhere (ACPI's generic address structure).
struct machine_register {
    enum class space : u8 { none, memory, port };
    space where = space::none;
    u64 address = 0;

    explicit operator bool() const { return where != space::none; }
};

/// How to turn the machine off: write `value | 1 << 13` (SLP_EN) to the control ports.
struct power_off_sequence {
    bool known = false; // the values below are the DSDT's
    u16 control_a = 0;  // port of PM1a_CNT; 0: ACPI cannot turn it off
    u16 control_b = 0;  // port of PM1b_CNT, or 0
    u16 value_a = 0;    // SLP_TYPa << 10
    u16 value_b = 0;
    machine_register sleep_control; // hardware-reduced machines (microvm): SLP_TYP << 2 | 1 << 5 here instead
    u8 sleep_value = 0;
};

/// ACPI's fixed events: a status register, and behind it one that says which of them interrupt.
struct event_block {
    u16 port = 0; // of PM1a_EVT; 0: there is none
    u8 length = 0;
    u16 interrupt = 0; // an ISA interrupt, unless overridden: level-triggered, active low
    bool has_power_button = false;
};

struct machine {
    bool has_acpi = false;
    bool hardware_reduced = false;       // no PM1 registers, PIT, or RTC is promised
    bool no_keyboard_controller = false; // the FADT says so; false: unknown
    bool no_cmos_clock = false;          // the same
    bool has_pic = true;                 // two 8259s exist and must be masked
    phys_addr local_apic{0xfee0'0000};

    dynamic_array<cpu> cpus;
    dynamic_array<io_apic> io_apics;
    dynamic_array<interrupt_override> overrides;
    dynamic_array<ecam_segment> ecam;

    u16 pm_timer_port = 0;         // 3.579545 MHz; 0: none
    bool pm_timer_32_bits = false; // else it counts 24
    phys_addr hpet;                // registers; 0: none
    u8 century_register = 0;       // CMOS index; 0: none
    u16 smi_command_port = 0;      // write acpi_enable_value here to enter ACPI mode; 0: already in it
    u8 acpi_enable_value = 0;
    power_off_sequence power_off;
    event_block events;
    machine_register reset;
    u8 reset_value = 0;

    size_t enabled_cpus() const;
    /// Where ISA interrupt `irq` arrives.
    interrupt_override isa_interrupt(u8 irq) const;
};

/// Fills `result` from the tables. Errors: enomem only.
[[nodiscard]] ::result<void> discover(const boot_hints& hints, const physical_reader& memory,
                                      machine& result);

/// Core/boot's last step after discover(): everybody reads it from here on.
void set_this_machine(unique_ptr<machine> m);

/// The machine that this kernel runs on; only after set_this_machine().
const machine& this_machine();

/// The same, or null before set_this_machine(): for panics and other early power-off.
const machine* known_machine();
} // namespace firmware
