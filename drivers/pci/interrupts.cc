// Programming of MSI-X tables, MSI registers and shared lines; see interrupts.hh.
#include "drivers/pci/interrupts.hh"

#include "core/device/firmware.hh"
#include "core/mm/kernel_areas.hh"
#include "drivers/ioapic/ioapic.hh"

namespace pci
{
namespace
{
constexpr u16 msi_x_enable = 1u << 15;
constexpr u16 msi_enable = 1u << 0;
constexpr u16 msi_count_mask = 7u << 4;
constexpr u16 msi_64_bits = 1u << 7;
constexpr u16 line_disable = 1u << 10;
constexpr u32 entry_masked = 1;
constexpr size_t entry_size = 16;
} // namespace

result<void> interrupts::enable()
{
    if (const auto at = _function.capability(capability_id::msi_x))
        return enable_msi_x(*at);
    if (const auto at = _function.capability(capability_id::msi)) {
        _kind = interrupt_kind::msi;
        _capability = *at;
        return {};
    }
    if (_function.read8(reg::interrupt_pin) == 0)
        return fail(errc::enodev);
    _kind = interrupt_kind::line;
    return {};
}

result<void> interrupts::enable_msi_x(u16 capability)
{
    const u16 control = _function.read16(static_cast<u16>(capability + 2));
    const u32 place = _function.read32(static_cast<u16>(capability + 4));
    const u16 count = static_cast<u16>((control & 0x7ff) + 1);
    const size_t bytes = count * entry_size;
    const base_address bar = _function.bar(place & 7);
    const u64 offset = place & ~7u;
    if (bar.where != base_address::space::memory)
        return fail(errc::eio);
    _table = static_cast<volatile u32*>(TRY(mm::map_device(phys_addr{bar.address + offset}, bytes)));
    for (u16 i = 0; i < count; i++)
        _table[i * 4 + 3] = entry_masked;
    _function.write16(static_cast<u16>(capability + 2), static_cast<u16>(control | msi_x_enable));
    _function.write16(reg::command, static_cast<u16>(_function.read16(reg::command) | line_disable));
    _kind = interrupt_kind::msi_x;
    _count = count;
    return {};
}

result<void> interrupts::connect(u16 index, unsigned cpu, arch::interrupt_handler handler, void* argument)
{
    if (index >= _count)
        return fail(errc::einval);
    if (_kind == interrupt_kind::line) {
        const u8 irq = _function.read8(reg::interrupt_line);
        const auto arrival = firmware::this_machine().isa_interrupt(irq);
        return ioapic::connect(arrival.global_interrupt, firmware::trigger::level, arrival.polarity, handler,
                               argument);
    }
    const u8 vector = TRY(arch::allocate_vector(handler, argument, cpu));
    const auto message = arch::make_msi_message(vector, cpu);
    if (_kind == interrupt_kind::msi)
        return connect_msi(message);
    volatile u32* const entry = _table + size_t{index} * 4;
    entry[0] = static_cast<u32>(message.address);
    entry[1] = static_cast<u32>(message.address >> 32);
    entry[2] = message.data;
    entry[3] = 0; // not masked
    return {};
}

result<void> interrupts::connect_msi(const arch::msi_message& message)
{
    const u16 control = _function.read16(static_cast<u16>(_capability + 2));
    _function.write32(static_cast<u16>(_capability + 4), static_cast<u32>(message.address));
    u16 data_at = static_cast<u16>(_capability + 8);
    if (control & msi_64_bits) {
        _function.write32(data_at, static_cast<u32>(message.address >> 32));
        data_at = static_cast<u16>(_capability + 12);
    }
    _function.write16(data_at, static_cast<u16>(message.data));
    _function.write16(static_cast<u16>(_capability + 2),
                      static_cast<u16>((control & ~msi_count_mask) | msi_enable));
    _function.write16(reg::command, static_cast<u16>(_function.read16(reg::command) | line_disable));
    return {};
}
} // namespace pci
