// The ordered set of areas of one address space: look-up, splitting, merging and gaps. Knows nothing of page
// tables.
//
// Areas never overlap. Neighbours that touch and have equal attributes are joined, but not at once where
// attributes changed: what a program makes writable and read-only again and again keeps its borders, and
// tidy() joins what is left when somebody looks or when there are many. The finder of gaps remembers where it
// last was: below `_search_from` it looks, above it no gap is larger than
// `_largest_above`. Locking: the owner's.
#pragma once

#include <optional>

#include "core/base/result.hh"
#include "core/mm/area.hh"

namespace mm
{
/// Areas that are in no tree any more. They end with this, which must be when no lock is held: an area may
/// hold the last reference to a file.
class dead_areas
{
  public:
    dead_areas() = default;
    dead_areas(dead_areas&& other) { *this = std::move(other); }
    dead_areas& operator=(dead_areas&& other);
    ~dead_areas();
    void add(area& a);

  private:
    area* _first = nullptr;
};

class area_tree
{
  public:
    static constexpr size_t max_areas = 65530; // Linux's default vm.max_map_count

    explicit area_tree(address_space* owner) : _owner(owner) {}
    area_tree(const area_tree&) = delete;
    area_tree& operator=(const area_tree&) = delete;
    ~area_tree();

    auto begin() { return _tree.begin(); }
    auto end() { return _tree.end(); }
    size_t size() const { return _tree.size(); }
    /// Bytes in all areas.
    u64 mapped_bytes() const { return _mapped_bytes; }

    /// The area that contains `address`, or null.
    area* find(virt_addr address)
    {
        if (_last_hit && _last_hit->contains(address))
            return _last_hit;
        area* a = first_from(address);
        if (!a || a->start() > address)
            return nullptr;
        return _last_hit = a;
    }
    /// The lowest area that ends above `address`, or null.
    area* first_from(virt_addr address);
    area* next(const area& a);
    area* previous(const area& a);

    bool is_free(virt_addr start, virt_addr end);
    bool is_covered(virt_addr start, virt_addr end);

    /// The start of a free range of `length` bytes inside [low, high), as high as possible.
    std::optional<virt_addr> find_gap(u64 length, virt_addr low, virt_addr high);

    /// Adds a range that must be free; joined to equal neighbours. Errors: enomem.
    result<area*> insert(virt_addr start, virt_addr end, const area_attributes& attributes,
                         const ref_ptr<memory_object>& object, u64 offset);

    /// The same as an area of its own, until join().
    result<area*> insert_apart(virt_addr start, virt_addr end, const area_attributes& attributes,
                               const ref_ptr<memory_object>& object, u64 offset);
    void join(area& a) { join_neighbours(a); }

    /// Makes it possible to remove() exactly [start, end): splits the one area that has parts on both sides.
    /// `first` is first_from(start). Errors: enomem.
    result<void> prepare_remove(area& first, virt_addr start, virt_addr end);
    /// Takes the range out; cannot fail after prepare_remove().
    void remove(virt_addr start, virt_addr end);

    /// Gives [start, end), which lies inside `a`, other attributes: splits or moves a border.
    /// Neighbours that became equal are left to tidy(). Returns the area that now holds the range. Errors:
    /// enomem.
    result<area*> change(area& a, virt_addr start, virt_addr end, const area_attributes& attributes);

    /// Joins all neighbours that can be one.
    void tidy();

    /// What was taken out since the last call, for the caller to end after unlocking.
    dead_areas take_dead() { return std::move(_dead); }

  private:
    result<area*> make_area(virt_addr start, virt_addr end, const area_attributes& attributes,
                            const ref_ptr<memory_object>& object, u64 offset);
    void link(area& a);
    result<area*> split(area& a, virt_addr at);
    area* join_neighbours(area& a);
    bool can_join(const area& low, const area& high) const;
    void erase(area& a);
    void take_over(area& a, virt_addr start, virt_addr end, const area& giver);
    void set_range(area& a, virt_addr start, virt_addr end);
    void note_free(virt_addr end);
    std::optional<virt_addr> scan_gaps(u64 length, virt_addr low, virt_addr high, u64* largest);

    address_space* _owner;
    area::tree _tree;
    area* _last_hit = nullptr;
    u64 _mapped_bytes = 0;
    bool _untidy = false;
    size_t _tidy_limit = 64; // areas that may be there before change() tidies
    dead_areas _dead;
    virt_addr _search_high; // the window's end that the next two are about
    virt_addr _search_from;
    u64 _largest_above = 0;
};
} // namespace mm
