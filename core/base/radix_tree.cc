#include "core/base/radix_tree.hh"

#include <bit>
#include <new>

namespace
{
constexpr unsigned slot_bits = 6;
constexpr unsigned slot_count = 1u << slot_bits;
constexpr unsigned max_height = (64 + slot_bits - 1) / slot_bits;
} // namespace

struct radix_tree_base::node {
    void* slots[slot_count] = {};
    u64 used = 0;       // one bit per slot that is not null
    unsigned shift = 0; // of the index bits that choose a slot here

    unsigned slot_of(u64 index) const { return static_cast<unsigned>(index >> shift) & (slot_count - 1); }
    bool is_leaf() const { return shift == 0; }
    node* child(unsigned slot) const { return static_cast<node*>(slots[slot]); }
    void set(unsigned slot, void* value)
    {
        slots[slot] = value;
        used |= u64{1} << slot;
    }
    void remove(unsigned slot)
    {
        slots[slot] = nullptr;
        used &= ~(u64{1} << slot);
    }
};

/// All bits that an index may have at the present height.
u64 radix_tree_base::capacity_mask() const
{
    const unsigned bits = _height * slot_bits;
    return bits >= 64 ? ~u64{0} : (u64{1} << bits) - 1;
}

void* radix_tree_base::find_entry(u64 index) const
{
    if (index > capacity_mask())
        return nullptr;
    void* here = _root;
    for (unsigned level = _height; level > 0 && here; level--) {
        const auto* n = static_cast<const node*>(here);
        here = n->slots[n->slot_of(index)];
    }
    return here;
}

void* radix_tree_base::next_in(const node& n, u64 from, u64 base, u64* found)
{
    const unsigned first = from > base ? n.slot_of(from) : 0;
    for (u64 left = n.used >> first << first; left != 0; left &= left - 1) {
        const auto slot = static_cast<unsigned>(std::countr_zero(left));
        const u64 slot_base = base + (u64{slot} << n.shift);
        if (n.is_leaf()) {
            *found = slot_base;
            return n.slots[slot];
        }
        if (void* value = next_in(*n.child(slot), from, slot_base, found))
            return value;
    }
    return nullptr;
}

void* radix_tree_base::next_entry(u64 from, u64* found) const
{
    if (!_root || from > capacity_mask())
        return nullptr;
    if (_height == 0) {
        *found = 0;
        return _root;
    }
    return next_in(*static_cast<const node*>(_root), from, 0, found);
}

/// Adds levels above the root until `index` fits.
result<void> radix_tree_base::grow(u64 index)
{
    while (index > capacity_mask()) {
        if (_root) {
            auto* n = new (std::nothrow) node;
            if (!n)
                return fail(errc::enomem);
            n->shift = _height * slot_bits;
            n->set(0, _root);
            _root = n;
        }
        _height++;
    }
    return {};
}

result<void> radix_tree_base::insert_entry(u64 index, void* value)
{
    TRY(grow(index));
    if (_height == 0) {
        if (_root)
            return fail(errc::eexist);
        _root = value;
        _count++;
        return {};
    }
    void** here = &_root;
    node* parent = nullptr;
    unsigned parent_slot = 0;
    for (unsigned level = _height; level > 0; level--) {
        if (!*here) {
            auto* n = new (std::nothrow) node;
            if (!n) {
                // A path of new, still empty nodes may hang above: take it away again.
                erase_entry(index);
                return fail(errc::enomem);
            }
            n->shift = (level - 1) * slot_bits;
            if (parent)
                parent->set(parent_slot, n);
            else
                _root = n;
            here = nullptr;
            parent = n;
        } else {
            parent = static_cast<node*>(*here);
        }
        parent_slot = parent->slot_of(index);
        here = &parent->slots[parent_slot];
    }
    if (*here)
        return fail(errc::eexist);
    parent->set(parent_slot, value);
    _count++;
    return {};
}

void* radix_tree_base::replace_entry(u64 index, void* value)
{
    assert(find_entry(index) != nullptr);
    void** here = &_root;
    for (unsigned level = _height; level > 0; level--) {
        auto* n = static_cast<node*>(*here);
        here = &n->slots[n->slot_of(index)];
    }
    return std::exchange(*here, value);
}

void* radix_tree_base::erase_entry(u64 index)
{
    if (index > capacity_mask() || !_root)
        return nullptr;
    if (_height == 0) {
        _count--;
        return std::exchange(_root, nullptr);
    }
    node* path[max_height];
    unsigned depth = 0;
    void* here = _root;
    for (unsigned level = _height; level > 0 && here; level--) {
        path[depth] = static_cast<node*>(here);
        here = path[depth]->slots[path[depth]->slot_of(index)];
        depth++;
    }
    if (here) {
        path[depth - 1]->remove(path[depth - 1]->slot_of(index));
        _count--;
    }
    while (depth > 0 && path[depth - 1]->used == 0) {
        delete path[--depth];
        if (depth > 0)
            path[depth - 1]->remove(path[depth - 1]->slot_of(index));
        else
            _root = nullptr;
    }
    shrink();
    return here;
}

/// Takes levels away that only lead through slot 0.
void radix_tree_base::shrink()
{
    while (_height > 0) {
        auto* n = static_cast<node*>(_root);
        if (n && n->used != 1)
            return;
        _height--;
        if (n) {
            _root = n->slots[0];
            delete n;
        }
    }
}

void radix_tree_base::free_subtree(node* n)
{
    if (!n->is_leaf())
        for (u64 left = n->used; left != 0; left &= left - 1)
            free_subtree(n->child(static_cast<unsigned>(std::countr_zero(left))));
    delete n;
}

void radix_tree_base::clear()
{
    if (_height > 0 && _root)
        free_subtree(static_cast<node*>(_root));
    _root = nullptr;
    _height = 0;
    _count = 0;
}
