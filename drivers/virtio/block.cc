// Requests to a virtio disk; see block.hh.
#include "drivers/virtio/block.hh"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "core/log.hh"
#include "core/mm/layout.hh"
#include "drivers/driver.hh"

namespace virtio
{
namespace
{
namespace block_feature
{
constexpr u64 segment_size = 1u << 1, segment_count = 1u << 2, read_only = 1u << 5, flush = 1u << 9;
}

namespace field
{
constexpr size_t capacity = 0, segment_size = 8, segment_count = 12;
}

constexpr u32 type_read = 0, type_write = 1, type_flush = 4;
constexpr u8 status_ok = 0, status_not_set = 0xff;

/// Kernel areas (stacks) are not contiguous in RAM and have no simple translation.
bool is_in_direct_map(const void* p)
{
    return reinterpret_cast<u64>(p) < mm::kernel_areas_start.value;
}
} // namespace

result<unique_ptr<block>> block::create(unique_ptr<transport> t, char letter)
{
    auto made = TRY(try_make_unique<block>(std::move(t), letter));
    TRY(made->initialize());
    return made;
}

result<void> block::initialize()
{
    TRY(negotiate(block_feature::segment_size | block_feature::segment_count | block_feature::read_only |
                  block_feature::flush));
    _sectors = configuration<u64>(field::capacity);
    _read_only = has_feature(block_feature::read_only);
    _has_flush = has_feature(block_feature::flush);
    if (has_feature(block_feature::segment_count))
        _segments_per_request =
            std::clamp<size_t>(configuration<u32>(field::segment_count), 1, most_segments);
    if (has_feature(block_feature::segment_size))
        _segment_bytes =
            align_down(std::min<size_t>(configuration<u32>(field::segment_size), most_bytes), sector_size);
    if (_segment_bytes == 0)
        return fail(errc::einval);
    TRY(connect(1));
    auto queue = TRY(make_queue(0, 128));
    const size_t overhead = 2; // header and status
    if (queue->size() < 1 + overhead)
        return fail(errc::einval);
    _segments_per_request = std::min<size_t>(_segments_per_request, queue->size() - overhead);
    if (!has_feature(feature::indirect_descriptors))
        _usable_slots = std::clamp<size_t>(queue->size() / (_segments_per_request + overhead), 1, slots);
    WITH_LOCK(_lock)
    {
        _queue = std::move(queue);
    }
    start();
    return {};
}

result<void> block::check_range(u64 first_sector, size_t bytes) const
{
    const u64 count = bytes / sector_size;
    if (bytes % sector_size != 0 || first_sector > _sectors || count > _sectors - first_sector)
        return fail(errc::einval);
    return {};
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
    return transfer(type_read, first_sector, pieces);
}

result<void> block::write_pieces(u64 first_sector, std::span<const std::span<const std::byte>> pieces)
{
    if (_read_only)
        return fail(errc::erofs);
    return transfer(type_write, first_sector, pieces);
}

result<void> block::flush()
{
    if (!_has_flush)
        return {}; // the device writes through
    segment_list nothing;
    return run(type_flush, 0, nothing);
}

size_t block::segment_list::add(const std::byte* data, size_t length, size_t segment_limit)
{
    const size_t taken = std::min({length, most_bytes - bytes, segment_limit});
    items[count++] = {mm::to_physical(data), static_cast<u32>(taken)};
    bytes += taken;
    return taken;
}

/// Gathers pieces into requests as large as the device takes them.
template <class Byte>
result<void> block::transfer(u32 type, u64 first_sector, std::span<const std::span<Byte>> pieces)
{
    size_t total = 0;
    for (const auto piece : pieces) {
        if (piece.size() % sector_size != 0)
            return fail(errc::einval);
        total += piece.size();
    }
    TRY(check_range(first_sector, total));
    segment_list gathered;
    const auto send = [&]() -> result<void> {
        if (gathered.count == 0)
            return {};
        TRY(run(type, first_sector, gathered));
        first_sector += gathered.bytes / sector_size;
        gathered = {};
        return {};
    };
    for (const auto piece : pieces) {
        if (!is_in_direct_map(piece.data())) {
            TRY(send());
            TRY(transfer_bounced(type, first_sector, piece));
            first_sector += piece.size() / sector_size;
            continue;
        }
        for (size_t done = 0; done < piece.size();) {
            if (gathered.count == _segments_per_request || gathered.bytes == most_bytes)
                TRY(send());
            done += gathered.add(piece.data() + done, piece.size() - done, _segment_bytes);
        }
    }
    return send();
}

template <class Byte>
result<void> block::transfer_bounced(u32 type, u64 first_sector, std::span<Byte> piece)
{
    constexpr size_t copy_size = 16_KiB;
    const auto copy = TRY(try_make_unique<std::byte[]>(std::min(copy_size, piece.size())));
    while (!piece.empty()) {
        const size_t length = std::min({copy_size, piece.size(), _segment_bytes});
        segment_list data;
        data.add(copy.get(), length, _segment_bytes);
        if (type == type_write)
            std::memcpy(copy.get(), piece.data(), length);
        TRY(run(type, first_sector, data));
        if constexpr (!std::is_const_v<Byte>)
            std::memcpy(piece.data(), copy.get(), length);
        piece = piece.subspan(length);
        first_sector += length / sector_size;
    }
    return {};
}

result<void> block::run(u32 type, u64 sector, segment_list& data)
{
    lock_guard guard{_lock};
    slot* mine = nullptr;
    const auto find_slot = [&] {
        const auto end = _slots.begin() + _usable_slots;
        const auto is_free = [](const slot& s) { return s.state == slot_state::free; };
        mine = std::find_if(_slots.begin(), end, is_free);
        return mine != end;
    };
    ensure(wait_until(_slot_freed, _lock, find_slot).has_value()); // no deadline, not interruptible
    mine->state = slot_state::taken;
    mine->header = {type, 0, sector};
    mine->status = status_not_set;
    const auto outcome = submit_and_wait_locked(*mine, type, data);
    mine->state = slot_state::free;
    _slot_freed.wake_one();
    return outcome;
}

result<void> block::submit_and_wait_locked(slot& s, u32 type, segment_list& data)
{
    TRY(submit_locked(s, type, data));
    TRY(wait_until(s.waiting, _lock, [&] { return s.state == slot_state::done; }));
    // The device wrote it, so the compiler must look again.
    const u8 status = std::atomic_ref(s.status).load(std::memory_order_acquire);
    if (_queue->broken() || status != status_ok)
        return fail(errc::eio);
    return {};
}

/// Header, data and status as one chain. Errors: eio (broken device).
result<void> block::submit_locked(slot& s, u32 type, segment_list& data)
{
    std::array<segment, most_segments + 1> readable;
    std::array<segment, most_segments + 1> writable;
    size_t readable_count = 0;
    size_t writable_count = 0;
    readable[readable_count++] = {mm::to_physical(&s.header), sizeof s.header};
    for (size_t i = 0; i < data.count; i++) {
        if (type == type_read)
            writable[writable_count++] = data.items[i];
        else
            readable[readable_count++] = data.items[i];
    }
    writable[writable_count++] = {mm::to_physical(&s.status), 1};
    TRY(_queue->add(std::span(readable).first(readable_count), std::span(writable).first(writable_count), &s,
                    {s.table}));
    if (_queue->publish())
        notify(0);
    return {};
}

void block::queue_interrupt(u16)
{
    lock_guard guard{_lock};
    if (_queue)
        finish_all_locked();
}

void block::finish_all_locked()
{
    const auto finish = [&](void* token) {
        auto& s = *static_cast<slot*>(token);
        s.state = slot_state::done;
        s.waiting.wake_all();
    };
    do {
        while (const auto done = _queue->take())
            finish(done->token);
    } while (_queue->enable_interrupts());
    if (_queue->broken())
        while (const auto lost = _queue->abandon())
            finish(lost->token);
}

namespace
{
result<void> probe(unique_ptr<transport> t)
{
    static constinit std::atomic<u8> disks{0};
    const u8 number = disks.fetch_add(1, std::memory_order_relaxed);
    if (number >= 26)
        return fail(errc::enospc); // no name left
    auto disk = TRY(block::create(std::move(t), static_cast<char>('a' + number)));
    klog::detail("{}: {} sectors{}", disk->name(), disk->sector_count(),
                 disk->read_only() ? ", read-only" : "");
    block_devices::add(*disk.release());
    return {};
}

constinit const drivers::virtio_driver virtio_blk{
    {"virtio-blk", drivers::bus::virtio}, device_type::block, probe};
KILN_DRIVER(virtio_blk);
} // namespace
} // namespace virtio
