// One PCI function as its driver sees it: identity, memory and port ranges, capabilities, interrupts.
//
// Made by the bus scan and owned by the driver that takes it. Thread context.
// Sources: PCI Local Bus 3.0 §6, PCI Code and ID Assignment 1.11.
#pragma once

#include <optional>

#include "core/base/result.hh"
#include "drivers/pci/config_space.hh"

namespace pci
{
namespace reg
{
inline constexpr u16 vendor = 0x00, device = 0x02, command = 0x04, status = 0x06, class_revision = 0x08,
                     header_type = 0x0e, first_bar = 0x10, secondary_bus = 0x19, capabilities = 0x34,
                     interrupt_line = 0x3c, interrupt_pin = 0x3d;
} // namespace reg

namespace capability_id
{
inline constexpr u8 msi = 0x05, vendor = 0x09, msi_x = 0x11;
} // namespace capability_id

/// Where memory or ports that a function decodes begin. How much it is stands in no register: a driver knows,
/// or a capability says. (Writing ones to a base address register tells, but moves the device for a moment,
/// and then hypervisors rebuild their memory map: milliseconds.)
struct base_address {
    enum class space : u8 { none, memory, port };
    space where = space::none;
    u64 address = 0;
};

class function
{
  public:
    function(config_space& space, location where) : _space(space), _where(where) {}

    location where() const { return _where; }
    u16 vendor() const { return read16(reg::vendor); }
    u16 device() const { return read16(reg::device); }
    /// class << 16 | subclass << 8 | programming interface
    u32 class_code() const { return read32(reg::class_revision) >> 8; }

    u8 read8(u16 offset) const { return _space.read8(_where, offset); }
    u16 read16(u16 offset) const { return _space.read16(_where, offset); }
    u32 read32(u16 offset) const { return _space.read32(_where, offset); }
    void write16(u16 offset, u16 value) { _space.write16(_where, offset, value); }
    void write32(u16 offset, u32 value) { _space.write32(_where, offset, value); }

    /// Base address register `index` (0..5); `none` if it is unused or was given no address.
    base_address bar(unsigned index) const;

    /// Decode memory and ports, and let the function reach memory itself.
    void enable();
    /// It reaches memory no more, and raises no MSI.
    void stop_bus_master();

    /// Calls visit(offset) for each capability with this id until it returns true; whether it did. A list
    /// that runs in circles ends after as many steps as there is room for.
    template <class Visit>
    bool find_capability(u8 id, Visit visit) const
    {
        if (!(read16(reg::status) & has_capabilities))
            return false;
        u16 at = read8(reg::capabilities) & 0xfcu;
        for (unsigned steps = 0; at >= 0x40 && steps < 48; steps++) {
            const u16 head = read16(at);
            if ((head & 0xff) == id && visit(at))
                return true;
            at = static_cast<u16>(head >> 8 & 0xfc);
        }
        return false;
    }
    std::optional<u16> capability(u8 id) const;

  private:
    static constexpr u16 has_capabilities = 1u << 4;

    config_space& _space;
    location _where;
};
} // namespace pci
