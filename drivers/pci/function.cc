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

base_address function::bar(unsigned index)
{
    const auto offset = static_cast<u16>(reg::first_bar + 4 * index);
    if (index > 5)
        return {};
    // The size is what stays 0 of all ones; nothing may be decoded meanwhile.
    const u16 command = read16(reg::command);
    write16(reg::command, static_cast<u16>(command & ~(command_bit::ports | command_bit::memory)));
    const u32 low = read32(offset);
    const bool ports = low & bar_is_ports;
    const bool wide = !ports && (low & bar_is_64_bits) && index < 5;
    const auto size_word = [&](u16 at, u32 value) {
        write32(at, ~0u);
        const u32 mask = read32(at);
        write32(at, value);
        return mask;
    };
    u64 mask = size_word(offset, low) & (ports ? port_mask : memory_mask);
    u64 address = low & (ports ? port_mask : memory_mask);
    if (wide) {
        const auto upper = static_cast<u16>(offset + 4);
        const u32 high = read32(upper);
        mask |= u64{size_word(upper, high)} << 32;
        address |= u64{high} << 32;
    } else {
        mask |= 0xffff'ffff'0000'0000;
    }
    write16(reg::command, command);
    if (static_cast<u32>(mask) == 0 && !wide)
        return {};
    if (address == 0 || mask == 0)
        return {};
    const u64 size = ~mask + 1;
    return {ports ? base_address::space::port : base_address::space::memory, address,
            ports ? size & 0xffff : size};
}

void function::enable()
{
    write16(reg::command, static_cast<u16>(read16(reg::command) | command_bit::ports | command_bit::memory |
                                           command_bit::bus_master));
}

std::optional<u16> function::capability(u8 id) const
{
    u16 found = 0;
    if (!find_capability(id, [&](u16 at) { return found = at, true; }))
        return {};
    return found;
}
} // namespace pci
