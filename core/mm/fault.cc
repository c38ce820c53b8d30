// Page faults: what happens when the program (or a copy on its behalf) touches memory that has no page yet.
//
// The order of locks is area lock (address_space::_lock), page lock (inside the object), frame allocator. An
// object is asked for what it has without sleeping under the lock; when it must read, the lock is dropped and
// the fault looks up its area again afterwards. Touching in order is answered with 1, 2, 4 ... 16 pages at a
// time.
#include <algorithm>
#include <array>
#include <bit>

#include "core/log.hh"
#include "core/mm/address_space.hh"
#include "core/mm/frame_batch.hh"
#include "core/mm/frames.hh"
#include "core/mm/layout.hh"
#include "core/mm/thrashing.hh"
#include "core/sched/fault_count.hh"

namespace mm
{
namespace
{
constexpr u32 largest_step = 16;            // pages given at once to who touches in order
constexpr u64 around_size = 16 * page_size; // window of fault-around
constexpr u32 dense_pages = 512;            // touched in order before 2 MiB pages are given unasked
constexpr unsigned lock_spins = 100;        // a fault holds the lock for about as long

arch::page_rights rights_of(const area& a)
{
    const protection p = a.attributes().rights;
    return {.read = p != protection::none,
            .write = has(p, protection::write),
            .execute = has(p, protection::execute)};
}

/// Takes the lock that other CPUs hold for a fault's length without going to sleep at once.
void lock_patiently(mutex& m) ACQUIRE(m)
{
    m.assert_may_lock();
    for (unsigned i = 0; i < lock_spins; i++) {
        if (m.try_lock())
            return;
        arch::cpu_relax();
    }
    m.lock();
}

fault_result result_of(errc error)
{
    return error == errc::enomem ? fault_result::out_of_memory : fault_result::bus_error;
}
} // namespace

/// What a fault asks an object for while the lock is not held.
struct address_space::page_read {
    ref_ptr<memory_object> object; // who was asked
    u64 index = 0;
    access wanted = access::read;
    bool code = false;           // of a mapping that may be executed
    u64 generation = 0;          // the object's, before it was asked
    page_ref page;               // the answer
    ref_ptr<memory_object> next; // whom to ask next: `object` may not be dropped under the lock

    void ask(memory_object& whose, u64 page_index, access how, bool is_code)
    {
        code = is_code;
        next = ref_ptr<memory_object>(whose);
        index = page_index;
        wanted = how;
        generation = whose.unmap_generation();
    }
    bool answers(const memory_object* whose, u64 page_index, access how) const
    {
        return page && object.get() == whose && index == page_index &&
               (how == wanted || wanted == access::write);
    }
};

fault_result address_space::fault(virt_addr address, access wanted)
{
    if (address < application_start || address >= application_end)
        return fault_result::map_error;
    page_read read;
    auto kind = sched::fault_kind::minor;
    for (;;) {
        lock_patiently(_lock);
        fault_result outcome = fault_locked(address.page(), wanted, read);
        _lock.unlock();
        if (read.next) {
            read.page = {};
            read.object = std::move(read.next);
            if (u64 cached = 0; !may_go_on_reading(*read.object, read.index, read.code, cached)) {
                report_thrashing(cached);
                return fault_result::out_of_memory;
            }
            auto page = read.object->page(read.index, read.wanted);
            if (page) {
                read.page = page.take();
                if (read.page.was_fetched())
                    kind = sched::fault_kind::major;
                continue;
            }
            outcome = result_of(page.error());
        }
        if (outcome == fault_result::handled) [[likely]]
            sched::count_fault(kind);
        else if (outcome == fault_result::out_of_memory)
            report_out_of_memory(address);
        return outcome;
    }
}

void address_space::report_out_of_memory(virt_addr address)
{
    char place[128];
    const size_t length = describe(address, place, sizeof place);
    const auto frames = statistics();
    klog::line("out of memory: the program needs 4096 bytes at {} ({}); {} of {} KiB are free", address,
               std::string_view(place, length), frames.free * (page_size / 1024),
               frames.total * (page_size / 1024));
}

void address_space::report_thrashing(u64 cached)
{
    klog::line(
        "out of memory: the program's code does not fit and is read from the disk again and again, while "
        "{} KiB of files are kept; the machine has {} KiB in all: give it more",
        cached * (page_size / 1024), statistics().total * (page_size / 1024));
}

fault_result address_space::fault_locked(virt_addr page, access wanted, page_read& read)
{
    area* a = find(page);
    if (!a) [[unlikely]] {
        a = grow_down(page);
        if (!a)
            return fault_result::map_error;
    }
    if (!permits(a->attributes().rights, wanted))
        return fault_result::access_error;
    return a->object() ? fault_object(*a, page, wanted, read) : fault_anonymous(*a, page);
}

/// MAP_GROWSDOWN: the area above reaches down to the fault, if it stays clear of its neighbour.
area* address_space::grow_down(virt_addr page)
{
    constexpr u64 stack_guard_gap = 256 * page_size;
    area* above = _areas.first_from(page);
    if (!above || !above->attributes().grows_down || above->object())
        return nullptr;
    const area* below = _areas.previous(*above);
    if (below && below->attributes().rights != protection::none && page - below->end() < stack_guard_gap)
        return nullptr;
    if (!check_limits(above->start() - page, above->attributes()))
        return nullptr;
    const auto grown = _areas.insert(page, above->start(), above->attributes(), {}, 0);
    return grown ? *grown : nullptr;
}

/// How many pages to give, the faulting one included: more and more to who touches page after page.
static u32 pages_to_give(u32 touched_in_order)
{
    if (touched_in_order == 0 || memory_is_short())
        return 1;
    return std::min(std::bit_floor(touched_in_order + 1), largest_step);
}

/// Zeroed frames for `count` slots, up to the first that is in use; returns how many were filled.
static u32 fill_slots(arch::page_slot* slot, u32 count, arch::page_rights rights)
{
    u32 empty = 0;
    while (empty < count && slot[empty].load().empty())
        empty++;
    std::array<phys_addr, largest_step> frames;
    const auto given =
        static_cast<u32>(try_allocate_singles(std::span(frames).first(empty), zeroing::zeroed));
    for (u32 i = 0; i < given; i++)
        slot[i].store(arch::page_entry::leaf(frames[i], rights, true));
    return given;
}

fault_result address_space::fault_anonymous(area& a, virt_addr page)
{
    if (page != a._next_touch)
        a._touched_in_order = 0;
    if (try_large_page(a, page))
        return fault_result::handled;
    const auto found = _tables.slot_for(page);
    if (!found)
        return found.error() == errc::eexist ? fault_result::handled : fault_result::out_of_memory;
    arch::page_slot* slot = *found;
    if (!slot->load().empty()) // another thread was faster, or an old translation was used
        return fault_result::handled;
    const auto first = allocate_frames(0, zeroing::zeroed);
    if (!first)
        return fault_result::out_of_memory;
    const auto rights = rights_of(a);
    slot->store(arch::page_entry::leaf(*first, rights, true));

    const virt_addr table_end(align_down(page.value, large_page_size) + large_page_size);
    const u64 room = (std::min(a.end(), table_end) - page) >> page_shift;
    const auto wanted = static_cast<u32>(std::min<u64>(pages_to_give(a._touched_in_order), room));
    u32 given = 1;
    if (wanted > 1)
        given += fill_slots(slot + 1, wanted - 1, rights);
    _resident_pages += given;
    a._touched.add(page, page + given * page_size);
    a._touched_in_order += given;
    a._next_touch = page + given * page_size;
    return fault_result::handled;
}

/// Gives the whole 2 MiB block around `page` if the program asked for that (MADV_HUGEPAGE) or enters it after
/// touching the one before page by page; never to stacks, never when memory is short.
bool address_space::try_large_page(area& a, virt_addr page)
{
    const virt_addr block(align_down(page.value, large_page_size));
    const auto& attributes = a.attributes();
    const bool dense = page == block && a._touched_in_order >= dense_pages;
    if ((!attributes.huge && !dense) || attributes.stack || attributes.no_huge || attributes.grows_down)
        return false;
    if (block < a.start() || a.end() - block < large_page_size || memory_is_short())
        return false;
    const auto slot = _tables.large_slot_for(block);
    if (!slot || !(*slot)->load().empty())
        return false;
    const auto frames = try_allocate_frames(large_page_order, zeroing::zeroed);
    if (!frames)
        return false;
    (*slot)->store(arch::page_entry::leaf(*frames, rights_of(a), true, true));
    _has_large_pages = true;
    constexpr u32 pages = large_page_size / page_size;
    _resident_pages += pages;
    a._touched.add(block, block + large_page_size);
    a._touched_in_order += pages;
    a._next_touch = block + large_page_size;
    return true;
}

fault_result address_space::fault_object(area& a, virt_addr page, access wanted, page_read& read)
{
    const auto found = _tables.slot_for(page);
    if (!found)
        return fault_result::out_of_memory;
    arch::page_slot& slot = **found;
    const auto e = slot.load();
    const bool copies = wanted == access::write && !a.attributes().shared;
    if (!e.empty()) {
        if (e.present() && (wanted != access::write || e.writable()))
            return fault_result::handled; // another thread was faster
        if (e.owned()) {
            slot.store(e.with_rights(rights_of(a)));
            return fault_result::handled;
        }
        // The frame cannot change its owner unseen: before that, its entry here is taken away and replace()
        // fails.
        if (copies)
            return copy_page(a, page, slot, e, e.frame());
    }
    const u64 index = a.page_index(page);
    const access how = wanted == access::write && !copies ? access::write : access::read;
    if (read.answers(a.object(), index, how))
        return install(a, page, slot, wanted, read.page, read.generation);
    if (how != access::write) {
        const u64 generation = a.object()->unmap_generation();
        if (const page_ref present = a.object()->page_if_present(index))
            return install(a, page, slot, wanted, present, generation);
    }
    read.ask(*a.object(), index, how, has(a.attributes().rights, protection::execute));
    return fault_result::handled;
}

/// Maps a page of the object, or a copy of it where the program writes to a private mapping.
fault_result address_space::install(area& a, virt_addr page, arch::page_slot& slot, access wanted,
                                    const page_ref& source, u64 generation)
{
    const auto old = slot.load();
    const bool shared = a.attributes().shared;
    if (wanted == access::write && !shared)
        return copy_page(a, page, slot, old, source.frame());
    auto rights = rights_of(a);
    rights.write = rights.write && shared && wanted == access::write;
    const auto entry = arch::page_entry::leaf(source.frame(), rights, false);
    if (!slot.replace(old, entry))
        return fault_result::handled; // taken away meanwhile: the program tries again
    if (old.empty())
        _resident_pages++;
    else
        arch::flush_local_page(page); // was read-only
    // unmap_everywhere() raises the generation before it looks at the tables: it saw our entry, or we see its
    // number.
    if (a.object()->unmap_generation() != generation) {
        if (slot.replace(entry, {}))
            _resident_pages--;
        _tlb.flush(page, page + page_size);
        return fault_result::handled;
    }
    if (wanted != access::write)
        fault_around(a, page);
    return fault_result::handled;
}

/// A frame of its own for a private mapping, in the place of `old`.
fault_result address_space::copy_page(area& a, virt_addr page, arch::page_slot& slot, arch::page_entry old,
                                      phys_addr source)
{
    const auto frame = allocate_frames();
    if (!frame)
        return fault_result::out_of_memory;
    copy_frame(*frame, source);
    if (!slot.replace(old, arch::page_entry::leaf(*frame, rights_of(a), true))) {
        free_frames(*frame);
        return fault_result::handled;
    }
    if (old.empty())
        _resident_pages++;
    else
        _tlb.flush(page, page + page_size); // nobody may go on reading the object's page
    return fault_result::handled;
}

/// Maps what the object has at hand of the 16 pages around a page that was just mapped, to be read.
void address_space::fault_around(area& a, virt_addr page)
{
    const virt_addr window(align_down(page.value, around_size));
    const virt_addr first = std::max(a.start(), window);
    const virt_addr end = std::min(a.end(), window + around_size);
    auto rights = rights_of(a);
    rights.write = false;
    arch::page_slot* slot = _tables.find(first);
    u64 index = a.page_index(first);
    u64 given = 0;
    for (virt_addr at = first; at < end; at += page_size, slot++, index++) {
        if (!slot->load().empty())
            continue;
        const u64 generation = a.object()->unmap_generation();
        const page_ref present = a.object()->page_if_present(index);
        if (!present)
            continue;
        const auto entry = arch::page_entry::leaf(present.frame(), rights, false);
        if (!slot->replace({}, entry))
            continue;
        given++;
        if (a.object()->unmap_generation() != generation) {
            if (slot->replace(entry, {}))
                given--;
            _tlb.flush(at, at + page_size);
        }
    }
    _resident_pages += given;
}

fault_result address_space::populate(virt_addr start, virt_addr end, access wanted)
{
    for (;;) {
        start = first_missing(start, end, wanted);
        if (start >= end)
            return fault_result::handled;
        const auto outcome = fault(start, wanted);
        if (outcome != fault_result::handled)
            return outcome;
    }
}

virt_addr address_space::first_missing(virt_addr start, virt_addr end, access wanted)
{
    lock_guard guard{_lock};
    while (start < end) {
        const virt_addr block_end(align_down(start.value, large_page_size) + large_page_size);
        const arch::page_slot* slot = _tables.find(start);
        if (!slot)
            return start;
        const bool large = slot->load().large();
        for (; start < std::min(end, block_end); start += page_size, slot += !large) {
            const auto e = slot->load();
            if (!e.present() || (wanted == access::write && !e.writable()) ||
                (wanted == access::execute && !e.executable()))
                return start;
        }
    }
    return end;
}

void address_space::populate_quietly(virt_addr start, virt_addr end)
{
    while (start < end) {
        virt_addr piece_end = end;
        access wanted = access::read;
        bool allowed = false;
        {
            lock_guard guard{_lock};
            area* a = find(start);
            if (!a)
                return;
            piece_end = std::min(end, a->end());
            const auto& attributes = a->attributes();
            allowed = attributes.rights != protection::none;
            if (!attributes.shared && has(attributes.rights, protection::write))
                wanted = access::write;
            // All of it is wanted: many pages at a time, 2 MiB pages where they fit.
            const bool large = !a->object() && piece_end - start >= large_page_size;
            a->_touched_in_order = large ? dense_pages : largest_step;
            a->_next_touch = start;
        }
        if (allowed && populate(start, piece_end, wanted) != fault_result::handled)
            return;
        start = piece_end;
    }
}
} // namespace mm
