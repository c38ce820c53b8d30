// Finding the PCI functions of a machine and giving each to its driver.
#pragma once

#include "core/base/result.hh"
#include "drivers/pci/config_space.hh"

namespace pci
{
/// Calls found(context, location) for every function behind the host bridge, bridges' buses included, once.
/// Reads only what must be read: one word for each absent device.
void scan(config_space& space, void (*found)(void* context, location where), void* context);
} // namespace pci
