// A map from a 64-bit index to a pointer, for dense indexes such as the pages of a file.
//
// Nodes have 64 slots; the tree is as high as its largest index needs, and an object with only index 0 needs
// no node at all. Erasing frees nodes that become empty. Does not own what it points to. Not locked: the
// owner's lock guards it, also against readers.
#pragma once

#include "core/base/result.hh"
#include "core/base/types.hh"

/// The untyped tree; use radix_tree<T>.
class radix_tree_base
{
  public:
    constexpr radix_tree_base() = default;
    radix_tree_base(const radix_tree_base&) = delete;
    radix_tree_base& operator=(const radix_tree_base&) = delete;
    ~radix_tree_base() { clear(); }

    bool empty() const { return _count == 0; }
    size_t size() const { return _count; }

    /// Forgets all entries.
    void clear();

  protected:
    void* find_entry(u64 index) const;
    void* next_entry(u64 from, u64* found) const;
    result<void> insert_entry(u64 index, void* value);
    void* replace_entry(u64 index, void* value);
    void* erase_entry(u64 index);

  private:
    struct node;
    u64 capacity_mask() const;
    result<void> grow(u64 index);
    void shrink();
    static void* next_in(const node& n, u64 from, u64 base, u64* found);
    static void free_subtree(node* n);

    void* _root = nullptr; // height 0: the value of index 0; else a node
    unsigned _height = 0;  // levels of nodes
    size_t _count = 0;
};

template <class T>
class radix_tree : public radix_tree_base
{
  public:
    T* find(u64 index) const { return static_cast<T*>(find_entry(index)); }

    /// The entry with the smallest index >= `from`, or null; its index goes to `*found`.
    T* next(u64 from, u64* found) const { return static_cast<T*>(next_entry(from, found)); }

    /// Errors: eexist, enomem.
    result<void> insert(u64 index, T& value) { return insert_entry(index, &value); }

    /// Puts another value where one is; returns the old one.
    T* replace(u64 index, T& value) { return static_cast<T*>(replace_entry(index, &value)); }

    /// Returns what was there, or null.
    T* erase(u64 index) { return static_cast<T*>(erase_entry(index)); }
};
