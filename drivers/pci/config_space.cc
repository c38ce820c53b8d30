// The two ways to PCI configuration space; see config_space.hh.
#include "drivers/pci/config_space.hh"

#include "arch/port_io.hh"
#include "core/device/firmware.hh"
#include "core/mm/kernel_areas.hh"
#include "core/sync/spinlock.hh"

namespace pci
{
namespace
{
constexpr u16 address_port = 0xcf8;
constexpr u16 data_port = 0xcfc;
constexpr u32 enable = 1u << 31;

/// Index and data port; the pair is used under the lock.
class port_config_space final : public config_space
{
  public:
    static bool present()
    {
        arch::out32(address_port, enable);
        return arch::in32(address_port) == enable;
    }

    u32 read32(location where, u16 offset) override
    {
        if (where.segment != 0 || offset > 0xfc)
            return ~0u;
        lock_guard guard{_lock};
        select(where, offset);
        return arch::in32(data_port);
    }
    void write32(location where, u16 offset, u32 value) override
    {
        lock_guard guard{_lock};
        select(where, offset);
        arch::out32(data_port, value);
    }
    void write16(location where, u16 offset, u16 value) override
    {
        lock_guard guard{_lock};
        select(where, offset);
        arch::out16(static_cast<u16>(data_port + (offset & 2)), value);
    }

  private:
    void select(location where, u16 offset) REQUIRES(_lock)
    {
        const u32 target = static_cast<u32>(where.bus) << 16 | static_cast<u32>(where.device) << 11 |
                           static_cast<u32>(where.function) << 8;
        arch::out32(address_port, enable | target | (offset & 0xfcu));
    }

    spinlock _lock{lock_rank::device};
};

/// One segment by memory; a bus is mapped when it is first asked for and stays mapped.
class ecam_config_space final : public config_space
{
  public:
    explicit ecam_config_space(const firmware::ecam_segment& segment) : _segment(segment) {}

    u32 read32(location where, u16 offset) override
    {
        volatile std::byte* const base = function_registers(where);
        return base ? *reinterpret_cast<volatile u32*>(base + offset) : ~0u;
    }
    void write32(location where, u16 offset, u32 value) override
    {
        if (volatile std::byte* const base = function_registers(where))
            *reinterpret_cast<volatile u32*>(base + offset) = value;
    }
    void write16(location where, u16 offset, u16 value) override
    {
        if (volatile std::byte* const base = function_registers(where))
            *reinterpret_cast<volatile u16*>(base + offset) = value;
    }

  private:
    static constexpr size_t bus_size = 1_MiB;

    volatile std::byte* function_registers(location where)
    {
        if (where.segment != _segment.segment || where.bus < _segment.first_bus ||
            where.bus > _segment.last_bus)
            return nullptr;
        if (!_buses[where.bus]) {
            const auto mapped = mm::map_device(_segment.base + where.bus * bus_size, bus_size);
            if (!mapped)
                return nullptr;
            _buses[where.bus] = static_cast<volatile std::byte*>(*mapped);
        }
        return _buses[where.bus] +
               (static_cast<size_t>(where.device) << 15 | static_cast<size_t>(where.function) << 12);
    }

    const firmware::ecam_segment _segment;
    volatile std::byte* _buses[256] = {};
};

config_space* find()
{
    if (port_config_space::present()) {
        static constinit port_config_space ports;
        return &ports;
    }
    const auto& segments = firmware::this_machine().ecam;
    if (segments.empty())
        return nullptr;
    auto made = try_make_unique<ecam_config_space>(segments[0]);
    return made ? made.take().release() : nullptr;
}
} // namespace

config_space* machine_config_space()
{
    static constinit config_space* found = nullptr;
    if (!found)
        found = find();
    return found;
}
} // namespace pci
