// Base address registers and capabilities of a PCI function; see function.hh.
#include "drivers/pci/function.hh"

namespace pci
{
namespace
{
namespace command_bit
{
constexpr u16 ports = 1, memory = 2, bus_master = 4;
}

constexpr u32 bar_is_ports = 1;
constexpr u32 bar_is_64_bits = 4;
constexpr u32 memory_mask = ~0xfu;
constexpr u32 port_mask = ~3u;
} // namespace

base_address function::bar(unsigned index) const
{
    if (index > 5)
        return {};
    const auto offset = static_cast<u16>(reg::first_bar + 4 * index);
    const u32 low = read32(offset);
    if (low & bar_is_ports)
        return low & port_mask ? base_address{base_address::space::port, low & port_mask} : base_address{};
    u64 address = low & memory_mask;
    if ((low & bar_is_64_bits) && index < 5)
        address |= u64{read32(static_cast<u16>(offset + 4))} << 32;
    return address ? base_address{base_address::space::memory, address} : base_address{};
}

void function::enable()
{
    write16(reg::command, static_cast<u16>(read16(reg::command) | command_bit::ports | command_bit::memory |
                                           command_bit::bus_master));
}

void function::stop_bus_master()
{
    write16(reg::command, static_cast<u16>(read16(reg::command) & ~command_bit::bus_master));
}

std::optional<u16> function::capability(u8 id) const
{
    u16 found = 0;
    if (!find_capability(id, [&](u16 at) { return found = at, true; }))
        return {};
    return found;
}
} // namespace pci
