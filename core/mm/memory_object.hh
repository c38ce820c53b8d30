// Where the pages of a shared or file mapping come from: a file's page cache, a tmpfs file, shared memory.
//
// An area of an address space holds a reference to its memory_object and asks for pages by index when the
// application touches them. A page_ref pins a page while it is copied or put into a page table; a page that
// is mapped is not pinned. So before an object gives a frame away (truncation, reclaim, its end) it
//   1. takes the page out of its index, so that nobody gets a new page_ref,
//   2. calls unmap_everywhere(), which returns when no CPU can reach the page any more (cheap if nothing maps
//   the object),
//   3. frees the frame, or leaves that to release_page() if page_refs are still out.
// An object that writes pages back calls write_protect_everywhere() first: the next store then faults and
// asks for page(index, access::write), which marks the page dirty again.
#pragma once

#include <string_view>

#include "core/base/intrusive.hh"
#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "core/base/types.hh"
#include "core/sync/spinlock.hh"

namespace mm
{
class address_space;
class area;
class memory_object;

/// A page of a memory_object that will stay where it is until this is destroyed.
class page_ref
{
  public:
    page_ref() = default;
    /// `cookie` is the object's own; it gets it back in release_page().
    page_ref(memory_object* object, phys_addr frame, void* cookie)
        : _object(object), _frame(frame), _cookie(cookie)
    {
    }
    page_ref(page_ref&& other)
        : _object(std::exchange(other._object, nullptr)), _frame(other._frame), _cookie(other._cookie),
          _fetched(other._fetched)
    {
    }
    page_ref& operator=(page_ref&& other)
    {
        std::swap(_object, other._object);
        std::swap(_frame, other._frame);
        std::swap(_cookie, other._cookie);
        std::swap(_fetched, other._fetched);
        return *this;
    }
    ~page_ref();

    /// False: there is no page.
    explicit operator bool() const { return _object != nullptr; }
    phys_addr frame() const { return _frame; }

    /// Whether it was read from a device for this very request: the fault that asked is a major one.
    bool was_fetched() const { return _fetched; }
    void mark_fetched() { _fetched = true; }

  private:
    memory_object* _object = nullptr;
    phys_addr _frame;
    void* _cookie = nullptr;
    bool _fetched = false;
};

enum class access : u8 { read, write, execute };

/// The part of an area that hangs in its object's list.
class object_mapping
{
  private:
    friend class memory_object;
    list_hook _hook; // the object's `_areas_lock`

  public:
    using list = intrusive::list<object_mapping,
                                 intrusive::member_hook<object_mapping, list_hook, &object_mapping::_hook>,
                                 intrusive::constant_time_size<false>>;
};

class memory_object : public ref_counted<memory_object>
{
  public:
    virtual ~memory_object();

    /// The page at `index`, read in if need be; for access::write it is marked dirty and may be changed in
    /// place. May sleep. Errors: eio, enomem, enospc; enxio beyond the end (the application gets SIGBUS).
    virtual result<page_ref> page(u64 index, access wanted) = 0;

    /// The page if it is there without sleeping, for fault-around.
    virtual page_ref page_if_present(u64 index) = 0;

    /// Bytes; a mapping's pages that begin at or beyond it give SIGBUS.
    virtual u64 size() const = 0;

    /// What names it in /proc/self/maps and crash reports; written to `buffer`, cut if need be.
    virtual size_t describe(char* buffer, size_t length) const = 0;

    /// The path by which it was mapped, for /proc/PID/maps and messages. The first name stays; a lack of
    /// memory means no name.
    void remember_name(std::string_view name);
    bool has_name() const { return _name.load(std::memory_order_relaxed) != nullptr; }
    /// The remembered name, else what describe() says.
    size_t name(char* buffer, size_t length) const;

    /// Writes dirty pages of the range back and waits (msync, fsync).
    virtual result<void> write_back(u64 first_index, u64 count) = 0;

    /// Removes every mapping of pages [first_index, first_index + count) from all address spaces (not the
    /// copies that private mappings have made). Thread context, interrupts on, no spinlock held; takes no
    /// sleeping lock.
    void unmap_everywhere(u64 first_index, u64 count);

    /// Makes the next store to each of these pages fault. Context as above.
    void write_protect_everywhere(u64 first_index, u64 count);

    /// Whether any area maps some of the object; a hint.
    bool is_mapped() const { return _area_count.load(std::memory_order_relaxed) != 0; }

    /// Changes whenever unmap_everywhere() or write_protect_everywhere() begins; who puts a page into a page
    /// table reads it before page() and again afterwards, and undoes its work if it changed.
    u64 unmap_generation() const { return _unmap_generation.load(std::memory_order_seq_cst); }

  protected:
    friend class page_ref;
    /// A page_ref ends. Callable from any thread context, under the address space's lock.
    virtual void release_page(phys_addr frame, void* cookie) = 0;

  private:
    friend class area_tree;
    void add_area(area& a);
    void remove_area(area& a);
    void change_range(area& a, virt_addr start, virt_addr end);
    ref_ptr<address_space> next_owner(const address_space* done, u64 first_byte, u64 end_byte);
    template <class Function>
    void for_each_mapping(u64 first_index, u64 count, Function f);

    spinlock _areas_lock{lock_rank::reclaim};
    object_mapping::list _areas GUARDED_BY(_areas_lock);
    std::atomic<u32> _area_count{0};
    std::atomic<u64> _unmap_generation{0};
    std::atomic<char*> _name{nullptr}; // set once, ours
};

inline page_ref::~page_ref()
{
    if (_object)
        _object->release_page(_frame, _cookie);
}
} // namespace mm
