// Interrupts of a PCI function: MSI-X where it has them, else MSI, else the shared line.
//
// Sources: PCI Local Bus 3.0 §6.8.1 (MSI), §6.8.2 (MSI-X), §2.2.6 (INTx).
#pragma once

#include "arch/interrupts.hh"
#include "core/base/result.hh"
#include "drivers/pci/function.hh"

namespace pci
{
enum class interrupt_kind : u8 { msi_x, msi, line };

class interrupts
{
  public:
    explicit interrupts(function& f) : _function(f) {}

    /// Switches on the best kind that works. Errors: enodev (none), enomem.
    result<void> enable();

    interrupt_kind kind() const { return _kind; }
    /// How many different interrupts the function can raise: 1 unless kind() is msi_x.
    u16 count() const { return _count; }

    /// Interrupt `index` calls handler(argument) on `cpu`. With kind() line others may be calling too.
    result<void> connect(u16 index, unsigned cpu, arch::interrupt_handler handler, void* argument);

  private:
    result<void> enable_msi_x(u16 capability);
    result<void> connect_msi(const arch::msi_message& message);

    function& _function;
    interrupt_kind _kind = interrupt_kind::line;
    u16 _count = 1;
    u16 _capability = 0;
    volatile u32* _table = nullptr; // MSI-X: 4 words for each interrupt
};
} // namespace pci
