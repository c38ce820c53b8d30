// A range of an address space with one kind of memory: what /proc/self/maps shows as a line.
#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "core/base/intrusive.hh"
#include "core/base/ref_ptr.hh"
#include "core/mm/memory_object.hh"
#include "core/mm/protection.hh"

namespace mm
{
class address_space;

/// What distinguishes an area from its neighbour; equal and adjacent ones are merged.
struct area_attributes {
    protection rights = protection::none;
    protection max_rights = protection::all; // what mprotect may give
    bool shared : 1 = false;
    bool stack : 1 = false;      // MAP_STACK: no 2 MiB pages
    bool grows_down : 1 = false; // MAP_GROWSDOWN
    bool noreserve : 1 = false;
    bool locked : 1 = false;
    bool huge : 1 = false;      // MADV_HUGEPAGE
    bool no_huge : 1 = false;   // MADV_NOHUGEPAGE
    bool dont_dump : 1 = false; // MADV_DONTDUMP
    bool dont_fork : 1 = false; // MADV_DONTFORK
    u8 spare_bits : 7 = 0;      // named, so that all 16 bytes are compared
    u32 spare = 0;
    const char* name = nullptr; // "[heap]", "[stack]": a literal; compared by address

    bool operator==(const area_attributes& other) const
    {
        using words = std::array<u64, 2>;
        return std::bit_cast<words>(*this) == std::bit_cast<words>(other);
    }
};

/// A hull of the addresses at which something was put. Empty at first.
struct touched_range {
    virt_addr low{~u64{0}};
    virt_addr high{0};

    bool empty() const { return low >= high; }
    void add(virt_addr start, virt_addr end)
    {
        low = std::min(low, start);
        high = std::max(high, end);
    }
    void add(const touched_range& other)
    {
        if (!other.empty())
            add(other.low, other.high);
    }
    touched_range clipped(virt_addr start, virt_addr end) const
    {
        return {std::max(low, start), std::min(high, end)};
    }
    /// Nothing is in [start, end) any more.
    void note_emptied(virt_addr start, virt_addr end)
    {
        if (start <= low && end >= high)
            *this = {};
        else if (start <= low && end > low)
            low = end;
        else if (end >= high && start < high)
            high = start;
    }
};

class area : public object_mapping
{
  public:
    area(virt_addr start, virt_addr end, const area_attributes& attributes, ref_ptr<memory_object> object,
         u64 offset)
        : _start(start), _end(end), _attributes(attributes), _offset(offset), _object(std::move(object))
    {
    }

    virt_addr start() const { return _start; }
    virt_addr end() const { return _end; }
    u64 length() const { return _end - _start; }
    bool contains(virt_addr address) const { return address >= _start && address < _end; }

    const area_attributes& attributes() const { return _attributes; }
    /// Null for private anonymous memory.
    memory_object* object() const { return _object.get(); }
    /// Byte in the object that `start` shows.
    u64 offset() const { return _offset; }
    u64 page_index(virt_addr address) const { return (_offset + (address - _start)) >> page_shift; }
    /// Whether bytes [first, end) of the object are visible here.
    bool shows(u64 first, u64 end) const { return _offset < end && _offset + length() > first; }
    address_space* owner() const { return _owner; }

  private:
    friend class address_space;
    friend class memory_object;
    friend class area_tree;
    friend class dead_areas;

    // The address space's lock; of an area with an object also the object's area-list lock, so that
    // unmap_everywhere() may read them under the latter alone.
    virt_addr _start;
    virt_addr _end;
    area_attributes _attributes;
    u64 _offset;
    ref_ptr<memory_object> _object;
    address_space* _owner = nullptr;
    tree_hook _tree_hook; // the address space's lock

    // Of memory without an object: outside it no entry of the page tables is in use, so that giving back a
    // thread's stack costs what was used of it. The address space's lock.
    touched_range _touched;

    // Touching in order is answered with more than one page at a time; the address space's lock.
    virt_addr _next_touch;
    u32 _touched_in_order = 0; // pages
    area* _next_dead = nullptr;

    struct start_of {
        using type = virt_addr;
        virt_addr operator()(const area& a) const { return a._start; }
    };

  public:
    using tree = intrusive::set<area, intrusive::member_hook<area, tree_hook, &area::_tree_hook>,
                                intrusive::key_of_value<start_of>, intrusive::constant_time_size<true>>;
};
} // namespace mm
