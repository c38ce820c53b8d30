// See key.hh.
#include "linux/futex/key.hh"

#include "core/mm/address_space.hh"

namespace linux
{
result<futex_key> make_shared_futex_key(mm::address_space& space, virt_addr word)
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
} // namespace linux
