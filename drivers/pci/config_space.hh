// PCI configuration space: 256 bytes per function by the ports 0xcf8 and 0xcfc, 4096 by memory (ECAM).
//
// The ports reach what Kiln needs on every PC and cost no mapping, so memory is used only where there are no
// ports (microvm with pcie=on). Sources: PCI Local Bus 3.0 §3.2.2.3.2, PCI Express 5.0 §7.2.2.
#pragma once

#include "core/base/make_unique.hh"
#include "core/base/result.hh"
#include "core/base/types.hh"

namespace pci
{
/// Where a function sits.
struct location {
    u16 segment = 0;
    u8 bus = 0;
    u8 device = 0;   // 0..31
    u8 function = 0; // 0..7
};

/// One way to configuration space. Offsets are aligned to the access.
class config_space
{
  public:
    /// All ones where there is no function.
    virtual u32 read32(location where, u16 offset) = 0;
    virtual void write32(location where, u16 offset, u32 value) = 0;
    virtual void write16(location where, u16 offset, u16 value) = 0;

    u16 read16(location where, u16 offset)
    {
        return static_cast<u16>(read32(where, offset & ~3u & 0xffff) >> (8 * (offset & 2)));
    }
    u8 read8(location where, u16 offset)
    {
        return static_cast<u8>(read32(where, offset & ~3u & 0xffff) >> (8 * (offset & 3)));
    }

  protected:
    ~config_space() = default; // there is one for the machine's lifetime
};

/// The way this machine has, or null: there is no PCI. Found out once, by two port accesses.
config_space* machine_config_space();
} // namespace pci
