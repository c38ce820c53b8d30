// The walk over PCI buses; see bus.hh. Firmware has numbered the buses behind bridges; one that it left at 0
// is skipped.
#include "drivers/pci/bus.hh"

#include "drivers/pci/function.hh"

namespace pci
{
namespace
{
constexpr u8 many_functions = 0x80;
constexpr u8 bridge_header = 1;
constexpr unsigned deepest_bridge = 16; // ends a loop of bridges that a broken device makes up

struct walk {
    config_space& space;
    void (*found)(void*, location);
    void* context;
};

void scan_bus(const walk& w, u8 bus, unsigned depth);

void scan_function(const walk& w, location where, u8 header, unsigned depth)
{
    w.found(w.context, where);
    if ((header & ~many_functions) != bridge_header)
        return;
    const u8 secondary = w.space.read8(where, reg::secondary_bus);
    if (secondary > where.bus && depth < deepest_bridge)
        scan_bus(w, secondary, depth + 1);
}

bool exists(const walk& w, location where)
{
    const u16 vendor = w.space.read16(where, reg::vendor);
    return vendor != 0xffff && vendor != 0;
}

void scan_bus(const walk& w, u8 bus, unsigned depth)
{
    for (u8 device = 0; device < 32; device++) {
        location where{.bus = bus, .device = device};
        if (!exists(w, where))
            continue;
        const u8 header = w.space.read8(where, reg::header_type);
        scan_function(w, where, header, depth);
        if (!(header & many_functions))
            continue;
        for (where.function = 1; where.function < 8; where.function++)
            if (exists(w, where))
                scan_function(w, where, w.space.read8(where, reg::header_type), depth);
    }
}
} // namespace

void scan(config_space& space, void (*found)(void* context, location where), void* context)
{
    scan_bus({space, found, context}, 0, 0);
}
} // namespace pci
