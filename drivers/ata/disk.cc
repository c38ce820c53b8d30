// From a caller's memory to commands; see disk.hh.
#include "drivers/ata/disk.hh"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "core/log.hh"
#include "core/mm/layout.hh"

namespace ata
{
namespace
{
constexpr u32 most_bytes_wide = 1_MiB, most_bytes_small = 128_KiB; // 28-bit commands count up to 256 sectors
constexpr size_t copy_size = 16_KiB;

/// A command is of whole sectors: takes the beginning of one off the end again; returns how many bytes.
u32 take_back_part(request& r)
{
    const u32 part = r.bytes % static_cast<u32>(block_device::sector_size);
    for (u32 left = part; left > 0;) {
        segment& last = r.segments[r.count - 1];
        const u32 taken = std::min(left, last.length);
        last.length -= taken;
        left -= taken;
        if (last.length == 0)
            r.count--;
    }
    r.bytes -= part;
    return part;
}
} // namespace

u8 command_of(operation what, bool wide_numbers)
{
    switch (what) {
    case operation::read:
        return wide_numbers ? 0x25 : 0xc8;
    case operation::write:
        return wide_numbers ? 0x35 : 0xca;
    case operation::flush:
        return wide_numbers ? 0xea : 0xe7;
    }
    __builtin_unreachable();
}

result<unique_ptr<std::byte[]>> allocate_below(u64 highest_address, size_t size)
{
    unique_ptr<std::byte[]> out_of_reach[64];
    for (auto& kept : out_of_reach) {
        auto memory = TRY(try_make_unique<std::byte[]>(size));
        if (mm::to_physical(memory.get()).value + size - 1 <= highest_address)
            return memory;
        kept = std::move(memory);
    }
    return fail(errc::enomem);
}

result<void> disk::publish()
{
    if (_limits.highest_address != ~u64{0})
        _shared_copy = TRY(allocate_below(_limits.highest_address, copy_size));
    static constinit std::atomic<u8> disks{0};
    const u8 number = disks.fetch_add(1, std::memory_order_relaxed);
    if (number >= 26)
        return fail(errc::enospc);
    _name[2] = static_cast<char>('a' + number);
    klog::detail("{}: {} sectors, queue of {}{}", name(), sector_count(), _identity.queue_depth,
                 _identity.write_cache ? ", write cache" : "");
    block_devices::add(*this);
    return {};
}

result<void> disk::read(u64 first_sector, std::span<std::byte> buffer)
{
    return read_pieces(first_sector, {&buffer, 1});
}

result<void> disk::write(u64 first_sector, std::span<const std::byte> buffer)
{
    return write_pieces(first_sector, {&buffer, 1});
}

result<void> disk::read_pieces(u64 first_sector, std::span<const std::span<std::byte>> pieces)
{
    return transfer(operation::read, first_sector, pieces);
}

result<void> disk::write_pieces(u64 first_sector, std::span<const std::span<const std::byte>> pieces)
{
    return transfer(operation::write, first_sector, pieces);
}

result<void> disk::flush()
{
    if (!_identity.write_cache)
        return {}; // what was written is on the medium
    return run({.what = operation::flush});
}

u32 disk::most_bytes() const
{
    return _identity.wide_numbers ? most_bytes_wide : most_bytes_small;
}

bool disk::reaches(const std::byte* data, size_t length) const
{
    if (reinterpret_cast<u64>(data) >= mm::kernel_areas_start.value || reinterpret_cast<u64>(data) % 2 != 0)
        return false;
    return length == 0 || mm::to_physical(data).value + (length - 1) <= _limits.highest_address;
}

/// Adds as much of the memory as fits; returns how much.
u32 disk::add(request& r, const std::byte* data, size_t length) const
{
    const phys_addr address = mm::to_physical(data);
    u64 taken = std::min<u64>({length, most_bytes() - r.bytes, _limits.segment_bytes});
    if (_limits.segment_boundary != 0)
        taken = std::min<u64>(taken, _limits.segment_boundary - address.value % _limits.segment_boundary);
    r.segments[r.count++] = {address, static_cast<u32>(taken)};
    r.bytes += static_cast<u32>(taken);
    return static_cast<u32>(taken);
}

/// Gathers pieces into requests as large as the disk takes them.
template <class Byte>
result<void> disk::transfer(operation what, u64 first_sector, std::span<const std::span<Byte>> pieces)
{
    size_t total = 0;
    for (const auto piece : pieces) {
        if (piece.size() % sector_size != 0)
            return fail(errc::einval);
        total += piece.size();
    }
    if (first_sector > sector_count() || total / sector_size > sector_count() - first_sector)
        return fail(errc::einval);
    request gathered{.what = what};
    const auto send = [&]() -> result<void> {
        if (gathered.bytes == 0)
            return {};
        gathered.sector = first_sector;
        TRY(run(gathered));
        first_sector += gathered.sectors();
        gathered = {.what = what};
        return {};
    };
    for (const auto piece : pieces) {
        if (!reaches(piece.data(), piece.size())) {
            TRY(send());
            TRY(transfer_bounced(what, first_sector, piece));
            first_sector += piece.size() / sector_size;
            continue;
        }
        for (size_t done = 0; done < piece.size();) {
            if (gathered.count == request::most_segments || gathered.bytes == most_bytes()) {
                done -= take_back_part(gathered);
                TRY(send());
            }
            done += add(gathered, piece.data() + done, piece.size() - done);
        }
    }
    return send();
}

template <class Byte>
result<void> disk::transfer_bounced(operation what, u64 first_sector, std::span<Byte> piece)
{
    if (_shared_copy) {
        lock_guard guard{_copying};
        return transfer_by_copy(what, first_sector, piece, _shared_copy.get());
    }
    const auto copy = TRY(try_make_unique<std::byte[]>(std::min(copy_size, piece.size())));
    return transfer_by_copy(what, first_sector, piece, copy.get());
}

template <class Byte>
result<void> disk::transfer_by_copy(operation what, u64 first_sector, std::span<Byte> piece, std::byte* copy)
{
    while (!piece.empty()) {
        const size_t length = std::min(copy_size, piece.size());
        request r{.what = what, .sector = first_sector};
        for (size_t done = 0; done < length;)
            done += add(r, copy + done, length - done);
        if (what == operation::write)
            std::memcpy(copy, piece.data(), length);
        TRY(run(r));
        if constexpr (!std::is_const_v<Byte>)
            std::memcpy(piece.data(), copy, length);
        piece = piece.subspan(length);
        first_sector += length / sector_size;
    }
    return {};
}
} // namespace ata
