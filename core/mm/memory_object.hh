// Where the pages of a shared or file mapping come from: a file's page cache, a tmpfs file, shared memory.
//
// An area of an address space holds a reference to its memory_object and asks for pages by index when the
// application touches them. The object counts how often each page is mapped or borrowed (page_ref), so that reclaim
// takes only pages that nobody uses, or first unmaps them through the object's list of areas.
#pragma once

#include "core/base/intrusive.hh"
#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "core/base/types.hh"

namespace mm
{
class area;
class memory_object;

/// A page of a memory_object that will stay where it is until this is destroyed.
class page_ref
{
  public:
    page_ref() = default;
    /// `cookie` is the object's own; it gets it back in release_page().
    page_ref(memory_object* object, phys_addr frame, void* cookie) : _object(object), _frame(frame), _cookie(cookie)
    {
    }
    page_ref(page_ref&& other)
        : _object(std::exchange(other._object, nullptr)), _frame(other._frame), _cookie(other._cookie)
    {
    }
    page_ref& operator=(page_ref&& other)
    {
        std::swap(_object, other._object);
        std::swap(_frame, other._frame);
        std::swap(_cookie, other._cookie);
        return *this;
    }
    ~page_ref();

    phys_addr frame() const { return _frame; }

  private:
    memory_object* _object = nullptr;
    phys_addr _frame;
    void* _cookie = nullptr;
};

enum class access : u8 { read, write, execute };

class memory_object : public ref_counted<memory_object>
{
  public:
    virtual ~memory_object();

    /// The page at `index`, read in if need be; for access::write it is marked dirty and may be changed in place.
    /// May sleep. Errors: eio, enomem, enospc; enxio beyond the end (the application gets SIGBUS).
    virtual result<page_ref> page(u64 index, access wanted) = 0;

    /// The page if it is there without sleeping, for fault-around.
    virtual page_ref page_if_present(u64 index) = 0;

    /// Bytes; a mapping's pages that begin at or beyond it give SIGBUS.
    virtual u64 size() const = 0;

    /// What names it in /proc/self/maps and crash reports; written to `buffer`, cut if need be.
    virtual size_t describe(char* buffer, size_t length) const = 0;

    /// Writes dirty pages of the range back and waits (msync, fsync).
    virtual result<void> write_back(u64 first_index, u64 count) = 0;

    /// Counts mappings (mm adds and removes areas); under the object's own area lock.
    void add_area(area& a);
    void remove_area(area& a);

    /// Removes every mapping of pages [first_index, first_index + count) from all address spaces: truncation, reclaim.
    void unmap_everywhere(u64 first_index, u64 count);

  protected:
    friend class page_ref;
    virtual void release_page(phys_addr frame, void* cookie) = 0;

  private:
    struct area_list;
    area_list* _areas = nullptr; // mm/memory_object.cc
};

inline page_ref::~page_ref()
{
    if (_object)
        _object->release_page(_frame, _cookie);
}
} // namespace mm
