// A fixed number of shared pages.
#pragma once

#include <array>

#include "drivers/xen/shared_page.hh"

namespace xen
{
template <size_t Count>
class page_pool
{
  public:
    static constexpr size_t count = Count;

    /// Allocates and shares all of them. What was shared before an error stays so. Errors: enomem, enospc.
    result<void> fill(back_end& with)
    {
        for (shared_page& p : _pages)
            p = TRY(make_shared_page(with));
        return {};
    }
    const shared_page& operator[](size_t index) const { return _pages[index]; }

  private:
    std::array<shared_page, Count> _pages{};
};
} // namespace xen
