// See block.hh.
#include "drivers/xen/block.hh"

#include <algorithm>
#include <cstring>

#include "core/log.hh"

namespace xen
{
namespace
{
constexpr size_t sectors_per_page = page_size / block_device::sector_size;

/// A position in pieces of memory, for copying.
template <class Byte>
class cursor
{
  public:
    explicit cursor(std::span<const std::span<Byte>> pieces) : _pieces(pieces) {}

    template <class Copy>
    void move(size_t bytes, Copy copy)
    {
        while (bytes > 0) {
            const auto rest = _pieces.front().subspan(_offset);
            const size_t piece = std::min(bytes, rest.size());
            copy(rest.first(piece));
            bytes -= piece;
            _offset += piece;
            if (_offset == _pieces.front().size()) {
                _pieces = _pieces.subspan(1);
                _offset = 0;
            }
        }
    }

  private:
    std::span<const std::span<Byte>> _pieces;
    size_t _offset = 0;
};
} // namespace

result<unique_ptr<block>> block::create(back_end& b, char letter)
{
    const shared_page ring = TRY(make_shared_page(b));
    auto made = TRY(try_make_unique<block>(b, letter, ring.memory));
    made->_ring_grant = ring.grant;
    return made;
}

void block::set_properties(const properties& p)
{
    _properties = p;
    if (p.indirect_segments > disk_request::most_segments)
        _pages_per_request = std::min<size_t>(p.indirect_segments, most_pages);
}

result<void> block::read(u64 first_sector, std::span<std::byte> buffer)
{
    return read_pieces(first_sector, {&buffer, 1});
}

result<void> block::write(u64 first_sector, std::span<const std::byte> buffer)
{
    return write_pieces(first_sector, {&buffer, 1});
}

result<void> block::read_pieces(u64 first_sector, std::span<const std::span<std::byte>> pieces)
{
    return transfer(disk_operation::read, first_sector, pieces);
}

result<void> block::write_pieces(u64 first_sector, std::span<const std::span<const std::byte>> pieces)
{
    if (_properties.read_only)
        return fail(errc::erofs);
    return transfer(disk_operation::write, first_sector, pieces);
}

result<void> block::flush()
{
    if (!_properties.has_flush)
        return {}; // the back end writes through
    slot& s = take_slot();
    const auto done = run(s, disk_operation::flush, 0, 0);
    give_back(s);
    return done;
}

template <class Byte>
result<void> block::transfer(u8 operation, u64 first_sector, std::span<const std::span<Byte>> pieces)
{
    size_t left = 0;
    for (const auto piece : pieces)
        left += piece.size();
    if (left % sector_size != 0 || first_sector > _properties.sectors ||
        left / sector_size > _properties.sectors - first_sector)
        return fail(errc::einval);
    if (left == 0)
        return {};
    cursor<Byte> at(pieces);
    slot& s = take_slot();
    result<void> outcome;
    while (left > 0 && outcome) {
        const size_t bytes = std::min(left, _pages_per_request * page_size);
        outcome = prepare_pages(s, bytes);
        if (!outcome)
            break;
        size_t offset = 0;
        const auto next_page = [&](size_t length) {
            std::byte* const memory = s.pages[offset / page_size].memory;
            offset += length;
            return memory;
        };
        const auto for_each_page = [&](auto copy) {
            for (size_t done = 0; done < bytes;) {
                const size_t length = std::min(bytes - done, page_size);
                std::byte* memory = next_page(length);
                at.move(length, [&](auto part) {
                    copy(memory, part);
                    memory += part.size();
                });
                done += length;
            }
        };
        if constexpr (std::is_const_v<Byte>)
            for_each_page([](std::byte* page, auto part) { memcpy(page, part.data(), part.size()); });
        outcome = run(s, operation, first_sector, bytes);
        if constexpr (!std::is_const_v<Byte>)
            if (outcome)
                for_each_page([](std::byte* page, auto part) { memcpy(part.data(), page, part.size()); });
        first_sector += bytes / sector_size;
        left -= bytes;
    }
    give_back(s);
    return outcome;
}

block::slot& block::take_slot()
{
    lock_guard guard{_lock};
    slot* mine = nullptr;
    const auto find_slot = [&] {
        mine = std::find_if(_slots.begin(), _slots.end(), [](const slot& s) { return !s.taken; });
        return mine != _slots.end();
    };
    ensure(wait_until(_slot_freed, _lock, find_slot).has_value()); // no deadline, not interruptible
    mine->taken = true;
    return *mine;
}

void block::give_back(slot& s)
{
    lock_guard guard{_lock};
    s.taken = false;
    _slot_freed.wake_one();
}

result<void> block::prepare_pages(slot& s, size_t bytes)
{
    const size_t wanted = (bytes + page_size - 1) / page_size;
    for (size_t i = 0; i < wanted; i++)
        if (!s.pages[i].memory)
            s.pages[i] = TRY(make_shared_page(_back_end));
    if (wanted > disk_request::most_segments && !s.segments.memory)
        s.segments = TRY(make_shared_page(_back_end));
    return {};
}

/// Sends the slot's request and waits for its end.
result<void> block::run(slot& s, u8 operation, u64 sector, size_t bytes)
{
    lock_guard guard{_lock};
    if (_gone)
        return fail(errc::eio);
    s.good = false;
    s.waiting = true;
    if (bytes > disk_request::most_segments * page_size)
        add_indirect_locked(s, operation, sector, bytes);
    else
        add_locked(s, operation, sector, bytes);
    if (_ring.publish())
        _back_end.notify();
    TRY(wait_until(s.answered, _lock, [&] { return !s.waiting; }));
    return s.good ? result<void>{} : fail(errc::eio);
}

namespace
{
disk_segment segment_of(u32 grant, size_t bytes)
{
    const size_t sectors = std::min(bytes / block_device::sector_size, sectors_per_page);
    return {.grant = grant, .first = 0, .last = static_cast<u8>(sectors - 1)};
}
} // namespace

/// There are as many places in the ring as slots, at least.
void block::add_locked(slot& s, u8 operation, u64 sector, size_t bytes)
{
    static_assert(decltype(_ring)::size >= slots);
    disk_request r{};
    r.operation = operation;
    r.id = static_cast<u64>(&s - _slots.data());
    r.sector = sector;
    for (size_t done = 0; done < bytes; done += page_size) {
        r.segments[r.count] = segment_of(s.pages[r.count].grant, bytes - done);
        r.count++;
    }
    _ring.add(r);
}

void block::add_indirect_locked(slot& s, u8 operation, u64 sector, size_t bytes)
{
    indirect_disk_request r{};
    r.what = operation;
    r.id = static_cast<u64>(&s - _slots.data());
    r.sector = sector;
    r.pages[0] = s.segments.grant;
    auto* const segments = reinterpret_cast<disk_segment*>(s.segments.memory);
    for (size_t done = 0; done < bytes; done += page_size) {
        segments[r.count] = segment_of(s.pages[r.count].grant, bytes - done);
        r.count++;
    }
    _ring.add(std::bit_cast<disk_request>(r));
}

void block::interrupt()
{
    lock_guard guard{_lock};
    do {
        while (const auto a = _ring.take()) {
            if (a->id >= slots || !_slots[a->id].waiting)
                return break_off_locked("answers what was not asked");
            slot& s = _slots[a->id];
            s.good = a->status == disk_answer::good;
            s.waiting = false;
            s.answered.wake_all();
        }
    } while (_ring.enable_events());
    if (_ring.broken())
        break_off_locked("breaks the ring's rules");
}

void block::back_end_gone()
{
    lock_guard guard{_lock};
    break_off_locked("is gone");
}

/// A slot whose answer never came may still be written to by the back end: its pages stay as they are.
void block::break_off_locked(std::string_view why)
{
    if (!_gone)
        klog::line("{}: the back end {}; the disk is not used any more", name(), why);
    _gone = true;
    for (slot& s : _slots) {
        s.waiting = false;
        s.answered.wake_all();
    }
}
} // namespace xen
