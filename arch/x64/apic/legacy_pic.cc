// Source: Intel 8259A data sheet, initialisation command words.
#include "arch/x64/apic/legacy_pic.hh"

#include "arch/port_io.hh"
#include "core/base/types.hh"

namespace arch::legacy_pic
{
void silence()
{
    struct controller {
        u16 command, data;
        u8 first_vector, cascade;
    };
    constexpr controller both[] = {{0x20, 0x21, 0x20, 4}, {0xa0, 0xa1, 0x28, 2}};
    for (const auto& c : both) {
        out8(c.command, 0x11); // begin initialisation, four words
        out8(c.data, c.first_vector);
        out8(c.data, c.cascade);
        out8(c.data, 1);
        out8(c.data, 0xff); // all masked
    }
}
} // namespace arch::legacy_pic
