// Virtio devices in windows of memory; see mmio.cc.
#pragma once

#include "core/base/types.hh"

namespace virtio
{
struct mmio_window {
    u64 size;
    phys_addr address;
    u32 interrupt; // global interrupt number
};

/// Starts the device in the window, if there is one. Thread context.
void probe_mmio(const mmio_window& window);

/// The windows that QEMU's microvm has where nothing on the command line says so.
void probe_mmio_microvm();
} // namespace virtio
