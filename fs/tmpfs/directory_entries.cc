#include "fs/tmpfs/directory_entries.hh"

#include <cstring>

#include "core/base/hash.hh"

namespace tmpfs
{
directory_entries::entry::entry(ref_ptr<node> target, std::string_view name, u32 hash, u64 position)
    : _target(std::move(target)), _position(position), _hash(hash),
      _name_length(static_cast<u32>(name.size()))
{
    std::memcpy(static_cast<void*>(this + 1), name.data(), name.size());
}

void directory_entries::destroy(entry* e)
{
    e->~entry();
    ::operator delete(e);
}

directory_entries::~directory_entries()
{
    _by_position.clear_and_dispose(destroy);
}

directory_entries::entry* directory_entries::find(std::string_view name) const
{
    if (_count == 0)
        return nullptr;
    const u32 hash = hash_name(name);
    for (entry* e = *bucket(hash); e; e = e->_next_in_bucket)
        if (e->_hash == hash && e->name() == name)
            return e;
    return nullptr;
}

result<void> directory_entries::grow()
{
    constexpr size_t first_buckets = 8;
    const size_t count = _bucket_count ? _bucket_count * 2 : first_buckets;
    auto old = std::move(_buckets);
    auto bigger = try_make_unique<entry*[]>(count);
    if (!bigger) {
        _buckets = std::move(old);
        return _bucket_count ? result<void>{} : fail(errc::enomem); // longer chains will do
    }
    _buckets = bigger.take();
    const size_t old_count = std::exchange(_bucket_count, count);
    for (size_t i = 0; i < old_count; i++)
        for (entry* e = old[i]; e;) {
            entry* following = e->_next_in_bucket;
            entry** head = bucket(e->_hash);
            e->_next_in_bucket = *head;
            *head = e;
            e = following;
        }
    return {};
}

result<void> directory_entries::add(std::string_view name, ref_ptr<node> target)
{
    if (_count >= _bucket_count)
        TRY(grow());
    void* memory = ::operator new(sizeof(entry) + name.size(), std::nothrow);
    if (!memory)
        return fail(errc::enomem);
    auto* e = new (memory) entry(std::move(target), name, hash_name(name), _next_position++);
    entry** head = bucket(e->_hash);
    e->_next_in_bucket = *head;
    *head = e;
    _by_position.push_back(*e); // the highest position so far
    _count++;
    return {};
}

void directory_entries::remove(entry& e)
{
    entry** at = bucket(e._hash);
    while (*at != &e)
        at = &(*at)->_next_in_bucket;
    *at = e._next_in_bucket;
    _by_position.erase(_by_position.iterator_to(e));
    _count--;
    destroy(&e);
}

ref_ptr<node> directory_entries::replace(entry& e, ref_ptr<node> target)
{
    std::swap(e._target, target);
    return target;
}

directory_entries::entry* directory_entries::next(u64 position)
{
    const auto at = _by_position.lower_bound(position);
    return at == _by_position.end() ? nullptr : &*at;
}
} // namespace tmpfs
