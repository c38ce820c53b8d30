// Questions to the firmware's description of the machine; see firmware.hh.
#include "core/device/firmware.hh"

namespace firmware
{
namespace
{
constinit machine* the_machine = nullptr; // lives as long as the machine does
}

void set_this_machine(unique_ptr<machine> m)
{
    the_machine = m.release();
}
const machine* known_machine()
{
    return the_machine;
}
const machine& this_machine()
{
    return ensure(the_machine), *the_machine;
}

size_t machine::enabled_cpus() const
{
    size_t count = 0;
    for (const cpu& c : cpus)
        count += c.enabled;
    return count;
}

interrupt_override machine::isa_interrupt(u8 irq) const
{
    for (const interrupt_override& o : overrides)
        if (o.isa_irq == irq)
            return o;
    return {.isa_irq = irq, .global_interrupt = irq};
}
} // namespace firmware
