// Making and copying credentials; see credentials.hh.
#include "linux/task/credentials.hh"

#include <algorithm>

namespace linux
{
result<ref_ptr<credentials>> credentials::create_root()
{
    return make_ref<credentials>();
}

result<ref_ptr<credentials>> credentials::copy() const
{
    auto c = TRY(make_ref<credentials>());
    c->user = user;
    c->group = group;
    c->effective = effective;
    c->permitted = permitted;
    c->inheritable = inheritable;
    c->bounding = bounding;
    c->ambient = ambient;
    c->secure_bits = secure_bits;
    TRY(c->set_groups(groups()));
    return c;
}

result<void> credentials::set_groups(std::span<const u32> groups)
{
    unique_ptr<u32[]> list;
    if (!groups.empty())
        list = TRY(try_make_unique<u32[]>(groups.size()));
    std::copy(groups.begin(), groups.end(), list.get());
    _groups = std::move(list);
    _group_count = groups.size();
    return {};
}
} // namespace linux
