// Disks as files: /dev/vda, /dev/sda, /dev/xvda ..., read and written without a cache.
//
// What is written is with the device when write() returns; fsync() has it on the medium. Parts of sectors are
// read, changed and written back; `_partial` keeps two writers of one sector apart. Bytes go through a copy,
// because an application's pages may vanish in the middle of a request. Numbers are Linux's: 16 minors for
// each disk.
#include <algorithm>
#include <array>
#include <optional>

#include "core/base/make_unique.hh"
#include "core/device/block_device.hh"
#include "core/mm/io_buffer.hh"
#include "core/mm/user_access.hh"
#include "core/sync/mutex.hh"
#include "fs/devfs/devfs.hh"
#include "fs/vfs/device.hh"
#include "fs/vfs/file.hh"
#include "fs/vfs/regular_file.hh"

namespace devfs
{
namespace
{
constexpr size_t sector = block_device::sector_size;
constexpr size_t copied_at_once = 64_KiB;
constexpr u32 minors_per_disk = 16;

struct disk_kind {
    std::string_view prefix;
    u32 major;
};
constexpr disk_kind kinds[] = {{"sd", 8}, {"xvd", 202}, {"vd", 254}};

/// Of the ioctls of <linux/fs.h>.
namespace request
{
constexpr u32 get_read_only = 0x125e, get_sectors = 0x1260, flush_buffers = 0x1261, sector_size = 0x1268,
              physical_sector_size = 0x127b, get_bytes = 0x8008'1272;
}

std::optional<vfs::device_number> number_of(const block_device& disk)
{
    const std::string_view name = disk.name();
    for (const disk_kind& kind : kinds)
        if (name.starts_with(kind.prefix) && name.size() == kind.prefix.size() + 1)
            return vfs::device_number{kind.major, static_cast<u32>(name.back() - 'a') * minors_per_disk};
    return std::nullopt;
}

class disk_file final : public vfs::file
{
  public:
    disk_file(const vfs::path& where, u32 flags, block_device& disk) : file(where, flags), _disk(disk) {}

    result<size_t> read(io_buffer& to) override
    {
        lock_guard guard{_lock};
        const size_t done = TRY(read_at(_position, to));
        _position += done;
        return done;
    }
    result<size_t> write(io_buffer& from) override
    {
        lock_guard guard{_lock};
        const size_t done = TRY(write_at(_position, from));
        _position += done;
        return done;
    }
    result<size_t> read_at(u64 offset, io_buffer& to) override;
    result<size_t> write_at(u64 offset, io_buffer& from) override;
    result<u64> seek(s64 offset, vfs::seek_origin origin) override
    {
        lock_guard guard{_lock};
        return _position = TRY(vfs::seek_target(_position, size(), offset, origin));
    }
    result<void> synchronize(vfs::sync_scope) override { return _disk.flush(); }
    result<u64> control(u32 what, virt_addr argument) override;

  private:
    u64 size() const { return _disk.sector_count() * sector; }
    result<size_t> write_piece(u64 offset, io_buffer& from, std::span<std::byte> copy);

    block_device& _disk;
    mutex _lock{lock_rank::file_position};
    u64 _position GUARDED_BY(_lock) = 0;
    static constinit mutex _partial;
};
constinit mutex disk_file::_partial{lock_rank::file_write};

result<size_t> disk_file::read_at(u64 offset, io_buffer& to)
{
    if (offset >= size())
        return size_t{0};
    to.truncate(static_cast<size_t>(std::min<u64>(to.remaining(), size() - offset)));
    const auto copy = TRY(try_make_unique<std::byte[]>(copied_at_once));
    size_t done = 0;
    while (!to.empty()) {
        const size_t before = offset % sector;
        const size_t wanted = std::min(to.remaining(), copied_at_once - before);
        const auto sectors = std::span(copy.get(), align_up(before + wanted, sector));
        if (const auto got = _disk.read(offset / sector, sectors); !got)
            return done ? result<size_t>(done) : fail(got.error());
        const size_t moved = to.copy_out(sectors.subspan(before, wanted));
        done += moved;
        offset += moved;
        if (moved < wanted)
            return transferred(done, true);
    }
    return done;
}

/// At most `copy.size()` bytes; how many.
result<size_t> disk_file::write_piece(u64 offset, io_buffer& from, std::span<std::byte> copy)
{
    const size_t before = offset % sector;
    const size_t wanted = std::min(from.remaining(), copy.size() - before);
    const auto sectors = copy.first(align_up(before + wanted, sector));
    if (before == 0 && wanted == sectors.size()) {
        const size_t moved = from.copy_in(sectors);
        if (moved == wanted) {
            TRY(_disk.write(offset / sector, sectors));
            return moved;
        }
        return transferred(0, true); // a piece is written wholly or not at all
    }
    lock_guard guard{_partial};
    TRY(_disk.read(offset / sector, sectors.first(sector)));
    if (sectors.size() > sector)
        TRY(_disk.read((offset + wanted - 1) / sector, sectors.last(sector)));
    if (from.copy_in(sectors.subspan(before, wanted)) < wanted)
        return transferred(0, true);
    TRY(_disk.write(offset / sector, sectors));
    return wanted;
}

result<size_t> disk_file::write_at(u64 offset, io_buffer& from)
{
    if (_disk.read_only())
        return fail(errc::eperm);
    if (from.empty())
        return size_t{0};
    if (offset >= size())
        return fail(errc::enospc);
    from.truncate(static_cast<size_t>(std::min<u64>(from.remaining(), size() - offset)));
    const auto copy = TRY(try_make_unique<std::byte[]>(copied_at_once));
    size_t done = 0;
    while (!from.empty()) {
        const auto moved = write_piece(offset + done, from, {copy.get(), copied_at_once});
        if (!moved)
            return done ? result<size_t>(done) : fail(moved.error());
        done += *moved;
    }
    if (flags() & vfs::open_flag::data_sync)
        TRY(_disk.flush());
    return done;
}

template <class T>
result<u64> answer(virt_addr to, T value)
{
    TRY(mm::copy_to_user(to, &value, sizeof value));
    return u64{0};
}

result<u64> disk_file::control(u32 what, virt_addr argument)
{
    switch (what) {
    case request::get_bytes:
        return answer(argument, size());
    case request::get_sectors:
        return answer(argument, _disk.sector_count());
    case request::sector_size:
        return answer(argument, static_cast<int>(sector));
    case request::physical_sector_size:
        return answer(argument, static_cast<u32>(sector));
    case request::get_read_only:
        return answer(argument, static_cast<int>(_disk.read_only()));
    case request::flush_buffers:
        return u64{0}; // there are none
    default:
        return fail(errc::enotty);
    }
}

result<ref_ptr<vfs::file>> open_disk(vfs::device_number number, const vfs::path& where, u32 flags)
{
    for (size_t i = 0; block_device* const disk = block_devices::nth(i); i++)
        if (const auto n = number_of(*disk); n && *n == number)
            return TRY(make_ref<disk_file>(where, flags, *disk));
    return fail(errc::enxio);
}

constinit std::array<vfs::device_type, std::size(kinds)> types = [] {
    std::array<vfs::device_type, std::size(kinds)> result{};
    for (size_t i = 0; i < result.size(); i++)
        result[i] = {.type = vfs::file_type::block,
                     .major = kinds[i].major,
                     .first_minor = 0,
                     .minor_count = 26 * minors_per_disk,
                     .open = open_disk};
    return result;
}();
} // namespace

result<void> add_disks()
{
    for (auto& type : types)
        vfs::register_device(type);
    for (size_t i = 0; block_device* const disk = block_devices::nth(i); i++)
        if (const auto number = number_of(*disk))
            TRY(add(disk->name(), vfs::file_type::block, *number, 0660));
    return {};
}
} // namespace devfs
