// An event channel and grants for one back end.
#pragma once

#include "drivers/xen/back_end.hh"
#include "drivers/xen/events.hh"
#include "drivers/xen/grants.hh"

namespace xen
{
class connection final : public back_end
{
  public:
    explicit connection(domain_id with) : _with(with) {}

    /// Its events call h(argument) from now on. Thread context, once. Errors: enospc, Xen's.
    result<void> open(events::handler h, void* argument)
    {
        _port = TRY(events::create(_with, h, argument));
        return {};
    }
    u32 port() const { return _port; }

    result<u32> share(phys_addr page) override { return grants::share(page, _with); }
    void notify() override { events::notify(_port); }

  private:
    const domain_id _with;
    u32 _port = 0;
};
} // namespace xen
