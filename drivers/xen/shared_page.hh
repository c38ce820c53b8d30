// A page of a driver's own that its back end may use for as long as the machine runs.
#pragma once

#include "core/mm/frames.hh"
#include "core/mm/layout.hh"
#include "drivers/xen/back_end.hh"

namespace xen
{
struct shared_page {
    std::byte* memory = nullptr;
    u32 grant = 0;
};

/// A zeroed one. Thread context. Errors: enomem, enospc.
inline result<shared_page> make_shared_page(back_end& with)
{
    const phys_addr frame = TRY(mm::allocate_frames(0, mm::zeroing::zeroed));
    const auto grant = with.share(frame);
    if (!grant) {
        mm::free_frames(frame);
        return fail(grant.error());
    }
    return shared_page{mm::to_virtual<std::byte>(frame), *grant};
}
} // namespace xen
