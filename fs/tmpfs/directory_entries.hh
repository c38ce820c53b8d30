// The entries of one directory: found by name through a hash table, listed by position in the order they were
// made.
//
// A position (cookie) is given once and never again, so a listing goes on where it was, whatever happened
// between. Locking: the directory's inode lock.
#pragma once

#include <string_view>

#include "core/base/intrusive.hh"
#include "core/base/make_unique.hh"
#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "fs/tmpfs/node.hh"

namespace tmpfs
{
class directory_entries
{
  public:
    class entry
    {
      public:
        node& target() const { return *_target; }
        u64 position() const { return _position; }
        std::string_view name() const { return {reinterpret_cast<const char*>(this + 1), _name_length}; }

      private:
        friend class directory_entries;
        entry(ref_ptr<node> target, std::string_view name, u32 hash, u64 position);

        tree_hook _hook;
        entry* _next_in_bucket = nullptr;
        ref_ptr<node> _target;
        u64 _position;
        u32 _hash;
        u32 _name_length; // the name's characters follow the object

        struct by_position {
            using type = u64;
            u64 operator()(const entry& e) const { return e._position; }
        };

      public:
        using tree =
            intrusive::set<entry, intrusive::member_hook<entry, tree_hook, &entry::_hook>,
                           intrusive::key_of_value<by_position>, intrusive::constant_time_size<false>>;
    };

    directory_entries() = default;
    ~directory_entries();

    entry* find(std::string_view name) const;
    /// Errors: enomem. The name must not exist.
    result<void> add(std::string_view name, ref_ptr<node> target);
    void remove(entry& e);
    /// Puts another file under an existing name; returns what was there.
    ref_ptr<node> replace(entry& e, ref_ptr<node> target);
    bool empty() const { return _count == 0; }
    size_t count() const { return _count; }
    /// The first entry at or after the position, or null.
    entry* next(u64 position);

  private:
    entry** bucket(u32 hash) const { return &_buckets[hash & (_bucket_count - 1)]; }
    result<void> grow();
    static void destroy(entry* e);

    entry::tree _by_position;
    unique_ptr<entry*[]> _buckets;
    size_t _bucket_count = 0;
    size_t _count = 0;
    u64 _next_position = vfs::first_cookie;
};
} // namespace tmpfs
