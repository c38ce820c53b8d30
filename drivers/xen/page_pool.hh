// Pages of a driver's own that its back end may use for as long as the machine runs.
#pragma once

#include <array>

#include "core/mm/frames.hh"
#include "core/mm/layout.hh"
#include "drivers/xen/back_end.hh"

namespace xen
{
template <size_t Count>
class page_pool
{
  public:
    static constexpr size_t count = Count;

    struct page {
        std::byte* memory;
        u32 grant;
    };

    /// Allocates and shares all of them. What was shared before an error stays so. Errors: enomem, enospc.
    result<void> fill(back_end& with)
    {
        for (page& p : _pages) {
            const phys_addr frame = TRY(mm::allocate_frames(0, mm::zeroing::zeroed));
            const auto grant = with.share(frame);
            if (!grant) {
                mm::free_frames(frame);
                return fail(grant.error());
            }
            p = {mm::to_virtual<std::byte>(frame), *grant};
        }
        return {};
    }
    const page& operator[](size_t index) const { return _pages[index]; }

  private:
    std::array<page, Count> _pages{};
};
} // namespace xen
