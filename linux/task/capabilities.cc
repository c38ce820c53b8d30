// capget and capset (capget(2)).
#include <array>

#include "linux/task/calls.hh"
#include "linux/task/task.hh"

namespace linux
{
using mm::user_span;

namespace
{
/// How many capability_data the version means. Errors: einval, with the version that we know written back.
result<size_t> data_count(user_ptr<capability_header> place, const capability_header& header)
{
    switch (header.version) {
    case capability_version_1:
        return 1;
    case capability_version_2:
    case capability_version_3:
        return 2;
    default:
        TRY(user_ptr<u32>(place.address()).write(capability_version_3));
        return fail(errc::einval);
    }
}

using data_array = std::array<capability_data, 2>;

capability_set join(const data_array& d, u32 capability_data::*field)
{
    return u64{d[0].*field} | u64{d[1].*field} << 32;
}
} // namespace

result<void> sys_capget(user_ptr<capability_header> place, user_ptr<capability_data> data)
{
    const auto header = TRY(place.read());
    const auto count = data_count(place, header);
    if (!count) {
        // Asking with a null data pointer is how programs learn the version.
        if (count.error() == errc::einval && !data)
            return {};
        return fail(count.error());
    }
    if (header.pid < 0)
        return fail(errc::einval);
    auto target = header.pid == 0 ? ref_ptr<task>(current_task()) : current_program().find(header.pid);
    if (!target)
        return fail(errc::esrch);
    if (!data)
        return {};
    const auto held = target->shared_credentials();
    const auto& c = *held;
    data_array d{};
    for (size_t i = 0; i < d.size(); i++)
        d[i] = {static_cast<u32>(c.effective >> 32 * i), static_cast<u32>(c.permitted >> 32 * i),
                static_cast<u32>(c.inheritable >> 32 * i)};
    return user_span<capability_data>(data, *count).write(d.data());
}

result<void> sys_capset(user_ptr<capability_header> place, user_ptr<const capability_data> data)
{
    const auto header = TRY(place.read());
    const size_t count = TRY(data_count(place, header));
    auto& self = current_task();
    if (header.pid != 0 && header.pid != self.tid)
        return fail(errc::eperm);
    data_array d{};
    TRY(user_span<const capability_data>(data, count).read(d.data()));
    const auto effective = join(d, &capability_data::effective) & all_capabilities;
    const auto permitted = join(d, &capability_data::permitted) & all_capabilities;
    const auto inheritable = join(d, &capability_data::inheritable) & all_capabilities;

    auto changed = TRY(self.credentials().copy());
    if (permitted & ~changed->permitted || effective & ~permitted)
        return fail(errc::eperm);
    if (!changed->has_capability(capability_setpcap) &&
        (inheritable & ~(changed->inheritable | changed->permitted)))
        return fail(errc::eperm);
    if (inheritable & ~(changed->inheritable | changed->bounding))
        return fail(errc::eperm);
    changed->effective = effective;
    changed->permitted = permitted;
    changed->inheritable = inheritable;
    changed->ambient &= permitted & inheritable;
    self.set_credentials(std::move(changed));
    return {};
}
} // namespace linux
