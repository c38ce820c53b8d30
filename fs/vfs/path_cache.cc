#include "fs/vfs/path_cache.hh"

#include <cstring>

#include "core/base/hash.hh"
#include "core/mm/reclaim.hh"

namespace vfs
{
namespace
{
constexpr size_t shard_count = 16;
constexpr size_t first_buckets = 8;

u32 hash_of(const dentry& directory, std::string_view name)
{
    return hash_name(name, reinterpret_cast<u64>(&directory));
}

class path_cache_reclaimer final : public mm::reclaimer
{
  public:
    size_t reclaim(size_t wanted) override
    {
        // A dentry is about a twentieth of a page; the inodes that go with it give back more than that.
        constexpr size_t dentries_per_page = 20;
        return path_cache::shrink(wanted * dentries_per_page) / dentries_per_page;
    }
};
constinit path_cache_reclaimer reclaimer;
} // namespace

struct path_cache::shard {
    spinlock lock{lock_rank::cache_index};
    dentry** grown = nullptr; // null: `first` is the table
    size_t bucket_count = first_buckets;
    size_t entries = 0;
    size_t hand = 0; // the bucket where reclaim stopped
    dentry* first[first_buckets] = {};

    dentry** buckets() { return grown ? grown : first; }
};

constinit path_cache::shard path_cache::shards[shard_count];
constinit spinlock path_cache::tree_lock{lock_rank::cache_index};

path_cache::shard& path_cache::shard_of(u32 hash)
{
    return shards[hash % shard_count];
}

dentry*& path_cache::bucket_of(shard& s, u32 hash)
{
    return s.buckets()[(hash / shard_count) & (s.bucket_count - 1)];
}

void path_cache::register_reclaimer()
{
    mm::register_reclaimer(reclaimer);
}

ref_ptr<dentry> path_cache::find(const dentry& directory, std::string_view name)
{
    const u32 hash = hash_of(directory, name);
    auto& s = shard_of(hash);
    lock_guard guard{s.lock};
    for (dentry* d = bucket_of(s, hash); d; d = d->_next_in_bucket)
        if (d->_hash == hash && d->_parent.get() == &directory && d->name() == name) {
            d->_recently_used = true;
            return ref_ptr<dentry>(*d);
        }
    return nullptr;
}

/// Doubles the shard's table if memory allows; without it chains only get longer.
void path_cache::grow(shard& s)
{
    const size_t count = s.bucket_count * 2;
    auto** bigger = new (std::nothrow) dentry* [count] {};
    if (!bigger)
        return;
    for (size_t i = 0; i < s.bucket_count; i++)
        for (dentry* d = s.buckets()[i]; d;) {
            dentry* following = d->_next_in_bucket;
            dentry*& head = bigger[(d->_hash / shard_count) & (count - 1)];
            d->_next_in_bucket = head;
            head = d;
            d = following;
        }
    delete[] s.grown;
    s.grown = bigger;
    s.bucket_count = count;
}

void path_cache::link(dentry& d)
{
    d._hash = hash_of(*d._parent, d.name());
    auto& s = shard_of(d._hash);
    lock_guard guard{s.lock};
    if (s.entries >= s.bucket_count * 2)
        grow(s);
    dentry*& head = bucket_of(s, d._hash);
    d._next_in_bucket = head;
    head = &d;
    d._cached = true;
    s.entries++;
}

bool path_cache::unlink(dentry& d)
{
    auto& s = shard_of(d._hash);
    lock_guard guard{s.lock};
    if (!d._cached)
        return false;
    dentry** at = &bucket_of(s, d._hash);
    while (*at != &d)
        at = &(*at)->_next_in_bucket;
    *at = d._next_in_bucket;
    d._cached = false;
    s.entries--;
    return true;
}

void path_cache::insert(dentry& d)
{
    d.add_ref(); // the table's
    link(d);
}

void path_cache::remove(dentry& d)
{
    d._deleted.store(true, std::memory_order_relaxed);
    if (unlink(d))
        d.release();
}

void path_cache::forget(const dentry& directory, std::string_view name)
{
    if (const auto old = find(directory, name))
        if (unlink(*old))
            old->release();
}

result<void> path_cache::rename(dentry& d, dentry& directory, std::string_view name)
{
    char* longer = nullptr;
    if (name.size() > dentry::inline_name) {
        longer = new (std::nothrow) char[name.size()];
        if (!longer)
            return fail(errc::enomem);
    }
    char* old_name = nullptr;
    ref_ptr<dentry> old_parent(directory);
    const bool was_cached = unlink(d);
    WITH_LOCK(tree_lock)
    {
        if (d._name != d._inline_name)
            old_name = d._name;
        d._name = longer ? longer : d._inline_name;
        std::memcpy(d._name, name.data(), name.size());
        d._name_length = static_cast<u8>(name.size());
        std::swap(d._parent, old_parent);
    }
    if (was_cached)
        link(d);
    delete[] old_name;
    return {};
}

void path_cache::exchange(dentry& a, dentry& b)
{
    const bool a_cached = unlink(a), b_cached = unlink(b);
    WITH_LOCK(tree_lock)
    {
        const bool a_inline = a._name == a._inline_name, b_inline = b._name == b._inline_name;
        std::swap(a._inline_name, b._inline_name);
        std::swap(a._name, b._name);
        std::swap(a._name_length, b._name_length);
        std::swap(a._parent, b._parent);
        if (b_inline)
            a._name = a._inline_name;
        if (a_inline)
            b._name = b._inline_name;
    }
    if (a_cached)
        link(a);
    if (b_cached)
        link(b);
}

bool path_cache::is_below(const dentry& d, const dentry& ancestor)
{
    lock_guard guard{tree_lock};
    for (const dentry* at = &d; at; at = at->_parent.get())
        if (at == &ancestor)
            return true;
    return false;
}

/// Takes unused dentries out of the shard and returns them as a list; the table's references go with them.
dentry* path_cache::take_unused(shard& s, size_t wanted, size_t& taken)
{
    dentry* victims = nullptr;
    lock_guard guard{s.lock};
    for (size_t looked = 0; looked < s.bucket_count && taken < wanted; looked++) {
        s.hand = (s.hand + 1) & (s.bucket_count - 1);
        for (dentry** at = &s.buckets()[s.hand]; *at;) {
            dentry& d = **at;
            const bool used = d._references.load(std::memory_order_relaxed) > 1;
            if (used || std::exchange(d._recently_used, false)) {
                at = &d._next_in_bucket;
                continue;
            }
            *at = d._next_in_bucket;
            d._cached = false;
            s.entries--;
            d._next_in_bucket = victims;
            victims = &d;
            taken++;
        }
    }
    return victims;
}

size_t path_cache::shrink(size_t wanted)
{
    size_t taken = 0;
    for (size_t i = 0; i < shard_count; i++) {
        dentry* victims = take_unused(shards[i], wanted, taken);
        while (victims) {
            dentry* next = victims->_next_in_bucket;
            victims->release();
            victims = next;
        }
    }
    return taken;
}
} // namespace vfs
