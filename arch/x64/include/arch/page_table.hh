// x86-64 page tables of four levels as values (page_entry), places (page_slot) and trees (page_table).
//
// Who calls decides about locking: tables are made and freed under the owner's lock only; the slots of the
// last level change by atomic operations, so that a reader without that lock sees an old or a new entry,
// never half of one. A slot that is neither empty nor present keeps a page that may not be touched now
// (PROT_NONE). Source: Intel SDM volume 3, 4.5 (4-level paging).
#pragma once

#include <atomic>
#include <utility>

#include "core/base/result.hh"
#include "core/base/types.hh"
#include "core/mm/layout.hh"

namespace arch
{
struct page_rights {
    bool read = false; // none at all: kept, but not present
    bool write = false;
    bool execute = false;
};

enum class memory_type : u8 { write_back, uncached };

class page_entry
{
  public:
    constexpr page_entry() = default;
    constexpr explicit page_entry(u64 raw) : _raw(raw) {}

    /// `owned`: the frame belongs to this entry and is freed with it. Accessed and dirty are set from the
    /// start, so that the CPU need not write them.
    static constexpr page_entry leaf(phys_addr frame, page_rights rights, bool owned, bool large = false)
    {
        u64 raw = frame.value | accessed_bit | (owned ? owned_bit : 0) | (large ? large_bit : 0);
        return page_entry(raw).with_rights(rights);
    }
    static constexpr page_entry table(phys_addr frame) { return page_entry(frame.value | table_bits); }

    constexpr page_entry with_rights(page_rights rights) const
    {
        u64 raw = _raw & ~(present_bit | write_bit | no_execute_bit | dirty_bit);
        if (rights.read || rights.write || rights.execute)
            raw |= present_bit;
        if (rights.write)
            raw |= write_bit | dirty_bit;
        if (!rights.execute)
            raw |= no_execute_bit;
        return page_entry(raw);
    }
    page_entry with_memory_type(memory_type type) const;

    constexpr u64 raw() const { return _raw; }
    constexpr bool empty() const { return _raw == 0; }
    constexpr bool present() const { return _raw & present_bit; }
    constexpr bool writable() const { return _raw & write_bit; }
    constexpr bool executable() const { return !(_raw & no_execute_bit); }
    constexpr bool owned() const { return _raw & owned_bit; }
    constexpr bool large() const { return _raw & large_bit; }
    constexpr bool accessed() const { return _raw & accessed_bit; }
    constexpr phys_addr frame() const { return phys_addr(_raw & frame_mask); }

    /// Not accessed since, for the aging of pages.
    constexpr page_entry aged() const { return page_entry(_raw & ~accessed_bit); }
    constexpr page_entry as_large() const { return page_entry(_raw | large_bit); }
    /// The entry of 4 KiB page `i` of this 2 MiB page.
    constexpr page_entry piece(unsigned i) const { return page_entry((_raw & ~large_bit) + i * page_size); }

    constexpr bool operator==(const page_entry&) const = default;

  private:
    static constexpr u64 present_bit = 1u << 0;
    static constexpr u64 write_bit = 1u << 1;
    static constexpr u64 write_through_bit = 1u << 3;
    static constexpr u64 cache_disable_bit = 1u << 4;
    static constexpr u64 accessed_bit = 1u << 5;
    static constexpr u64 dirty_bit = 1u << 6;
    static constexpr u64 large_bit = 1u << 7;
    static constexpr u64 owned_bit = 1u << 9; // ignored by the CPU
    static constexpr u64 no_execute_bit = u64{1} << 63;
    static constexpr u64 frame_mask = 0x000ffffffffff000;
    static constexpr u64 table_bits = present_bit | write_bit | accessed_bit;

    u64 _raw = 0;
};

/// Where an entry stands.
class page_slot
{
  public:
    page_entry load() const { return page_entry(_raw.load(std::memory_order_acquire)); }
    void store(page_entry e) { _raw.store(e.raw(), std::memory_order_release); }
    page_entry take() { return page_entry(_raw.exchange(0, std::memory_order_acq_rel)); }
    /// Puts `desired` if `expected` is there, whatever the CPU did to its accessed and dirty bits.
    bool replace(page_entry expected, page_entry desired)
    {
        u64 raw = expected.raw();
        return _raw.compare_exchange_strong(raw, desired.raw(), std::memory_order_acq_rel);
    }

    /// Whether this one and the next are empty, `count` in all.
    bool starts_empty_run(unsigned count) const
    {
        u64 all = 0;
        for (unsigned i = 0; i < count; i++)
            all |= this[i]._raw.load(std::memory_order_relaxed);
        return all == 0;
    }

  private:
    std::atomic<u64> _raw{0};
};
static_assert(sizeof(page_slot) == 8);

class page_table
{
  public:
    static constexpr unsigned slots_per_table = 512;

    /// A tree whose upper half is the kernel's. Errors: enomem.
    static result<page_table> create();
    /// The tree with this root, which is not freed.
    static page_table borrow(phys_addr root) { return page_table(root, false); }

    page_table(page_table&& other)
        : _root(other._root), _owned(std::exchange(other._owned, false)), _table_count(other._table_count)
    {
    }
    page_table& operator=(page_table&&) = delete;
    /// Frees the tables of the lower half, not what they map.
    ~page_table();

    phys_addr root() const { return _root; }
    /// Makes this CPU use it.
    void activate() const;
    /// Frames used for tables.
    u64 table_count() const { return _table_count; }

    /// The slot of a 4 KiB page, with the tables on the way. Errors: enomem; eexist if a 2 MiB page is there.
    result<page_slot*> slot_for(virt_addr page);
    /// The slot of a 2 MiB page (it may hold a table), with the tables on the way. Errors: enomem.
    result<page_slot*> large_slot_for(virt_addr page);
    /// The slot of a 1 GiB page. Errors: enomem.
    result<page_slot*> huge_slot_for(virt_addr page);
    /// The slot that maps `page` now, of 4 KiB or 2 MiB (then load().large()), or null if there is no table.
    page_slot* find(virt_addr page) const;

    /// Puts a table of 512 small pages in the place of a 2 MiB page. Errors: enomem. The caller flushes
    /// nothing: the translations stay the same.
    result<void> split_large(page_slot& slot);

    /// Calls f(page_slot&, virt_addr, size_t bytes) for each entry in [start, end) that is not empty; a 2 MiB
    /// page that begins below `start` or ends beyond `end` is reported whole.
    template <class Function>
    void for_each_entry(virt_addr start, virt_addr end, Function f) const;

    /// Unhooks the tables whose whole range lies in [start, end) and calls f(phys_addr table) for each; they
    /// may be freed once no CPU walks them any more (after a TLB flush).
    template <class Function>
    void remove_tables(virt_addr start, virt_addr end, Function f);

    /// Fills a range of the kernel's half, with 2 MiB (and 1 GiB) pages where aligned and allowed. Errors:
    /// enomem.
    enum class largest_page : u8 { small, large, huge };
    result<void> map_range(virt_addr start, phys_addr frames, u64 bytes, page_entry pattern,
                           largest_page largest);

  private:
    page_table(phys_addr root, bool owned) : _root(root), _owned(owned) {}

    static constexpr unsigned shift_of(unsigned level) { return 12 + 9 * (level - 1); }
    static constexpr unsigned index_of(virt_addr a, unsigned level)
    {
        return static_cast<unsigned>(a.value >> shift_of(level)) & (slots_per_table - 1);
    }
    static page_slot* slots(phys_addr table) { return mm::to_virtual<page_slot>(table); }

    result<page_slot*> slot_at(virt_addr page, unsigned level);
    result<phys_addr> make_table(page_slot& slot);
    void free_below(phys_addr table, unsigned level, unsigned first, unsigned last);

    /// The deepest slot on the way to a page: of level 1, or above that a 2 MiB page or empty.
    struct position {
        page_slot* slot;
        unsigned level;
    };
    position descend(virt_addr page) const
    {
        phys_addr table = _root;
        for (unsigned level = 4; level > 1; level--) {
            page_slot* slot = slots(table) + index_of(page, level);
            const page_entry e = slot->load();
            if (e.empty() || (level < 4 && e.large()))
                return {slot, level};
            table = e.frame();
        }
        return {slots(table) + index_of(page, 1), 1};
    }

    template <class Function>
    void remove_below(phys_addr table, unsigned level, u64 base, u64 start, u64 last, Function& f);

    phys_addr _root;
    bool _owned = false;
    u64 _table_count = 0;
};

template <class Function>
void page_table::for_each_entry(virt_addr start, virt_addr end, Function f) const
{
    for (u64 at = start.value; at < end.value;) {
        const auto [first, level] = descend(virt_addr(at));
        page_slot* slot = first;
        if (level > 1) {
            const u64 size = u64{1} << shift_of(level);
            if (!slot->load().empty())
                f(*slot, virt_addr(align_down(at, size)), size);
            at = align_down(at, size) + size;
            continue;
        }
        const u64 table_end = align_down(at, large_page_size) + large_page_size;
        const u64 stop = table_end < end.value ? table_end : end.value;
        constexpr unsigned run = 16; // at a step: a thread's stack is nearly all empty
        while (at < stop) {
            unsigned pages = 1;
            if (!slot->load().empty())
                f(*slot, virt_addr(at), page_size);
            else if (stop - at >= run * page_size && slot->starts_empty_run(run))
                pages = run;
            at += pages * page_size;
            slot += pages;
        }
    }
}

template <class Function>
void page_table::remove_below(phys_addr table, unsigned level, u64 base, u64 start, u64 last, Function& f)
{
    const u64 step = u64{1} << shift_of(level);
    const unsigned first_index = start > base ? static_cast<unsigned>((start - base) >> shift_of(level)) : 0;
    const u64 last_index = (last - base) >> shift_of(level);
    for (u64 i = first_index; i <= last_index && i < slots_per_table; i++) {
        page_slot& slot = slots(table)[i];
        const page_entry e = slot.load();
        if (e.empty() || e.large())
            continue;
        const u64 here = base + i * step;
        if (level > 2)
            remove_below(e.frame(), level - 1, here, start, last, f);
        if (here >= start && here + step - 1 <= last) {
            slot.take();
            _table_count--;
            f(e.frame());
        }
    }
}

template <class Function>
void page_table::remove_tables(virt_addr start, virt_addr end, Function f)
{
    if (start < end)
        remove_below(_root, 4, 0, start.value, end.value - 1, f);
}
} // namespace arch
