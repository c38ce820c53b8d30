// See key.hh.
#include "linux/futex/key.hh"

#include "core/mm/address_space.hh"
#include "core/mm/layout.hh"
#include "linux/task/program.hh"

namespace linux
{
namespace
{
result<futex_key> make_shared_key(mm::address_space& space, virt_addr word)
{
    futex_key key{&space, word.value};
    const bool mapped = space.with_area(word, [&](const mm::area& a) {
        if (a.attributes().shared && a.object())
            key = {a.object(), a.offset() + (word - a.start())};
    });
    if (!mapped)
        return fail(errc::efault);
    return key;
}
} // namespace

result<futex_key> make_futex_key(program& owner, virt_addr word, futex_scope scope)
{
    if (!is_aligned(word.value, sizeof(u32)))
        return fail(errc::einval);
    if (!mm::is_application_range(word, sizeof(u32)))
        return fail(errc::efault);
    auto& space = owner.address_space();
    if (scope == futex_scope::shared)
        return make_shared_key(space, word);
    return futex_key{&space, word.value};
}
} // namespace linux
