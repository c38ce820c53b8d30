// What a front end's ring needs of the world around it: Xen in the machine, a model in tests.
#pragma once

#include "core/base/result.hh"
#include "core/base/types.hh"

namespace xen
{
class back_end
{
  public:
    virtual ~back_end() = default;

    /// Lets the other side read and write a page, for ever; its number in the grant table. Thread context.
    /// Errors: enospc, enomem.
    virtual result<u32> share(phys_addr page) = 0;
    /// Interrupts the other side. Any context.
    virtual void notify() = 0;
};
} // namespace xen
