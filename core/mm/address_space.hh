// The application's half of memory: areas, their page tables, and every operation on them.
//
// Areas are found in a red-black tree and filled when they are touched. Frames of private memory belong to
// the page table entry that maps them (its `owned` bit); pages of files and shared memory belong to their
// memory_object and are only borrowed: what maps them is undone by memory_object::unmap_everywhere() before
// they go away.
//
// Locking: `_lock` guards the tree and the shape of the page tables; fault() takes it too, but drops it while
// an object reads a page in. Page table entries change by atomic operations, because unmap_everywhere() comes
// without `_lock`. Semantics and errors: mmap(2), munmap(2), mprotect(2), mremap(2), madvise(2), mincore(2),
// msync(2), mlock(2), brk(2).
#pragma once

#include <span>

#include "arch/page_table.hh"
#include "arch/tlb.hh"
#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "core/mm/area.hh"
#include "core/mm/area_tree.hh"
#include "core/mm/protection.hh"
#include "core/sync/mutex.hh"

namespace mm
{
struct map_request {
    virt_addr hint{}; // the place itself with fixed or fixed_noreplace
    u64 length = 0;   // rounded up to pages
    protection rights = protection::none;
    protection max_rights =
        protection::all; // a shared map of a file that is open for reading only has no write here
    bool shared = false;
    bool fixed = false;           // replaces what is there
    bool fixed_noreplace = false; // eexist if something is there
    bool below_2g = false;        // MAP_32BIT
    bool stack = false;
    bool grows_down = false;
    bool noreserve = false;
    bool populate = false;
    bool locked = false;
    ref_ptr<memory_object> object; // null: anonymous; shared anonymous memory gets an object of its own
    u64 offset = 0;                // bytes into the object, a multiple of the page size (einval)
    const char* name = nullptr;    // literal, shown in maps
};

enum class fault_result : u8 {
    handled,
    map_error,    // nothing mapped there: SIGSEGV, SEGV_MAPERR
    access_error, // mapped, but not for this: SIGSEGV, SEGV_ACCERR
    bus_error,    // beyond the object's end, or it could not be read: SIGBUS, BUS_ADRERR
    out_of_memory // the program cannot go on; a line was logged
};

enum class advice : u8 {
    normal,
    random,
    sequential,
    will_need,
    dont_need,
    free,
    remove,
    huge_page,
    no_huge_page,
    dont_dump,
    do_dump,
    dont_fork,
    do_fork,
    populate_read,
    populate_write,
    cold,
    page_out
};

enum class sync_mode : u8 { async, sync };

struct remap_request {
    virt_addr old_address;
    u64 old_length = 0;
    u64 new_length = 0;
    bool may_move = false;
    bool fixed = false;      // MREMAP_FIXED: to new_address
    bool dont_unmap = false; // MREMAP_DONTUNMAP
    virt_addr new_address{};
};

struct memory_usage {
    u64 mapped_pages = 0;   // VmSize
    u64 resident_pages = 0; // VmRSS
    u64 peak_resident_pages = 0;
    u64 data_pages = 0; // private and writable
    u64 stack_pages = 0;
    u64 locked_pages = 0;
    u64 executable_pages = 0;
    u64 area_count = 0;
};

class address_space : public ref_counted<address_space>
{
  public:
    /// An empty one with fresh random places for mmap, stack, program and break.
    static result<ref_ptr<address_space>> create();
    ~address_space();

    result<virt_addr> map(map_request request) EXCLUDES(_lock);
    result<void> unmap(virt_addr start, u64 length) EXCLUDES(_lock);
    result<void> protect(virt_addr start, u64 length, protection rights) EXCLUDES(_lock);
    result<virt_addr> remap(const remap_request& request) EXCLUDES(_lock);
    result<void> advise(virt_addr start, u64 length, advice what) EXCLUDES(_lock);
    /// One byte per page, bit 0 set if touching it needs no input or output. Kernel memory: the caller goes
    /// piecewise.
    result<void> mincore(virt_addr start, std::span<u8> pages) EXCLUDES(_lock);
    result<void> sync(virt_addr start, u64 length, sync_mode mode, bool invalidate) EXCLUDES(_lock);
    result<void> lock_pages(virt_addr start, u64 length, bool on_fault) EXCLUDES(_lock);
    result<void> unlock_pages(virt_addr start, u64 length) EXCLUDES(_lock);
    /// prctl(PR_SET_VMA_ANON_NAME) and the like: `name` must live for ever. Errors: einval, enomem.
    result<void> set_name(virt_addr start, u64 length, const char* name) EXCLUDES(_lock);

    /// Where the break begins (the loader: behind the program's last segment; a random gap is added).
    void set_break_start(virt_addr program_end) EXCLUDES(_lock);
    /// brk(2): moves the break if possible; returns where it is now.
    virt_addr set_break(virt_addr wanted) EXCLUDES(_lock);

    /// A random place: the highest address of the main stack's area, and the base of a position-independent
    /// program.
    virt_addr stack_top() const { return _stack_top; }
    virt_addr program_base() const { return _program_base; }

    /// RLIMIT_AS and RLIMIT_DATA in bytes; ~0 is no limit. Checked by map, remap and set_break.
    void set_size_limit(u64 bytes) { _size_limit.store(bytes, std::memory_order_relaxed); }
    void set_data_limit(u64 bytes) { _data_limit.store(bytes, std::memory_order_relaxed); }

    /// Serves an access to `address`. Thread context, interrupts on; may sleep.
    fault_result fault(virt_addr address, access wanted) EXCLUDES(_lock);

    /// Calls f(const area&) in order of addresses, under the lock: f must not touch application memory.
    template <class Function>
    void for_each_area(Function f) EXCLUDES(_lock)
    {
        lock_guard guard{_lock};
        _areas.tidy();
        for (const area& a : _areas)
            f(a);
    }
    /// Calls f(const area&) if an area contains `address`; returns whether one did.
    template <class Function>
    bool with_area(virt_addr address, Function f) EXCLUDES(_lock)
    {
        lock_guard guard{_lock};
        const area* a = find(address);
        if (a)
            f(*a);
        return a != nullptr;
    }
    /// "NAME+0xOFFSET" of what lies at `address`, for messages; returns the characters written. Never sleeps:
    /// while somebody else holds the lock it says so.
    size_t describe(virt_addr address, char* buffer, size_t length);

    /// For futexes: the object and byte offset behind a shared mapping; a null object for private memory.
    /// Errors: efault if nothing is mapped there.
    struct shared_place {
        ref_ptr<memory_object> object;
        u64 offset = 0;
    };
    result<shared_place> find_shared(virt_addr address) EXCLUDES(_lock);

    memory_usage usage() EXCLUDES(_lock);

    /// To look up what is mapped now, without a lock: crash reports and tests.
    const arch::page_table& tables() const { return _tables; }

    /// The context switch, interrupts off: this CPU now runs on these page tables, or no longer does.
    void enter(unsigned cpu);
    void leave(unsigned cpu);

  private:
    friend class memory_object;
    explicit address_space(arch::page_table&& tables);

    // address_space.cc
    area* find(virt_addr address) REQUIRES(_lock) { return _areas.find(address); }
    result<virt_addr> map_locked(const map_request& request) REQUIRES(_lock);
    result<virt_addr> map_and_bury(const map_request& request) EXCLUDES(_lock);
    result<virt_addr> choose_place(const map_request& request) REQUIRES(_lock);
    result<void> check_limits(u64 added_bytes, const area_attributes& attributes) REQUIRES(_lock);
    result<void> check_data_limits(u64 added_bytes, const area_attributes& attributes) REQUIRES(_lock);
    result<void> unmap_locked(virt_addr start, virt_addr end) REQUIRES(_lock);
    /// Removes the entries of a range and frees what they own; flushed when it returns. Tables that only the
    /// range used go too if they are not needed again. `first` is the first area that ends behind `start`.
    enum class table_use : u8 { finished, keep };
    void zap(area* first, virt_addr start, virt_addr end, table_use tables) REQUIRES(_lock);
    void assert_unused(virt_addr start, virt_addr end) const REQUIRES(_lock);
    /// Makes small pages of a 2 MiB page that has parts on both sides of `border`. Errors: enomem.
    result<void> split_large_page_at(virt_addr border) REQUIRES(_lock);
    u64 resident_pages() REQUIRES(_lock);

    // fault.cc
    struct page_read;
    fault_result fault_locked(virt_addr page, access wanted, page_read& read) REQUIRES(_lock);
    fault_result fault_anonymous(area& a, virt_addr page) REQUIRES(_lock);
    fault_result fault_object(area& a, virt_addr page, access wanted, page_read& read) REQUIRES(_lock);
    fault_result install(area& a, virt_addr page, arch::page_slot& slot, access wanted,
                         const page_ref& source, u64 generation) REQUIRES(_lock);
    fault_result copy_page(area& a, virt_addr page, arch::page_slot& slot, arch::page_entry old,
                           phys_addr source) REQUIRES(_lock);
    void fault_around(area& a, virt_addr page) REQUIRES(_lock);
    static void report_thrashing(u64 cached);
    void report_out_of_memory(virt_addr address) EXCLUDES(_lock);
    bool try_large_page(area& a, virt_addr page) REQUIRES(_lock);
    area* grow_down(virt_addr page) REQUIRES(_lock);
    /// Touches every page of a range as far as it is mapped and allowed; for MAP_POPULATE, mlock and madvise.
    fault_result populate(virt_addr start, virt_addr end, access wanted) EXCLUDES(_lock);
    /// The first page of the range that an access would fault on.
    virt_addr first_missing(virt_addr start, virt_addr end, access wanted) EXCLUDES(_lock);
    /// populate() for areas as they want it: to write if private and writable, else to read.
    void populate_quietly(virt_addr start, virt_addr end) EXCLUDES(_lock);

    // protect.cc
    result<void> change_attributes(virt_addr start, virt_addr end,
                                   result<void> (*change)(area_attributes&, const void*),
                                   const void* argument) REQUIRES(_lock);
    void change_entries(const area& a, virt_addr start, virt_addr end) REQUIRES(_lock);
    result<void> set_locked(virt_addr start, u64 length, bool locked) EXCLUDES(_lock);

    // advise.cc
    struct sync_piece {
        ref_ptr<memory_object> object;
        u64 first_index = 0;
        u64 count = 0;
    };
    result<void> drop_pages(virt_addr start, virt_addr end, advice what) REQUIRES(_lock);
    result<void> advise_populate(virt_addr start, virt_addr end, access wanted) EXCLUDES(_lock);
    result<void> next_to_sync(virt_addr& start, virt_addr end, bool invalidate, sync_piece& piece)
        EXCLUDES(_lock);

    // remap.cc
    result<virt_addr> remap_locked(remap_request& r) REQUIRES(_lock);
    bool grow_in_place(area& a, virt_addr end) REQUIRES(_lock);
    result<virt_addr> move(area& a, const remap_request& r) REQUIRES(_lock);
    result<void> move_entries(virt_addr from, virt_addr to, u64 length) REQUIRES(_lock);
    result<void> make_slot(virt_addr page); // under the lock

    // memory_object.cc: without the lock
    void remove_borrowed(virt_addr start, virt_addr end);
    void write_protect_borrowed(virt_addr start, virt_addr end);
    void flush_borrowed(virt_addr start, virt_addr end);

    mutex _lock{lock_rank::address_space};
    area_tree _areas GUARDED_BY(_lock){this};
    bool _has_large_pages GUARDED_BY(_lock) = false; // or had some
    u64 _resident_pages GUARDED_BY(_lock) = 0;       // entries made minus entries removed under the lock
    u64 _peak_resident_pages GUARDED_BY(_lock) = 0;
    virt_addr _break_start GUARDED_BY(_lock){};
    virt_addr _break GUARDED_BY(_lock){};
    std::atomic<u64> _removed_elsewhere{0}; // entries removed without the lock
    std::atomic<u64> _size_limit{~u64{0}};
    std::atomic<u64> _data_limit{~u64{0}};

    // Tables are made and removed under _lock, entries change atomically.
    arch::page_table _tables;
    arch::tlb_domain _tlb;

    virt_addr _stack_top;
    virt_addr _mmap_base;
    virt_addr _program_base;
};
} // namespace mm
