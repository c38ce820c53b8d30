#include "fs/erofs/directory.hh"

#include <algorithm>
#include <cstring>

namespace erofs
{
namespace
{
constexpr size_t record_size = sizeof(directory_record);

vfs::file_type type_of_record(u8 type)
{
    using enum vfs::file_type;
    static constexpr vfs::file_type types[] = {none,  regular, directory, character,
                                               block, fifo,    socket,    symlink};
    return type < std::size(types) ? types[type] : none;
}

u64 block_count(const inode_layout& directory)
{
    return (directory.size() + block_size - 1) >> block_shift;
}

/// Binary search in [0, count) for the last element whose key is not above `name`; key(i) ->
/// result<string_view>. enoent if all are above.
template <class Key>
result<u64> last_not_above(u64 count, std::string_view name, Key key)
{
    u64 low = 0, high = count;
    while (low < high) {
        const u64 middle = low + (high - low) / 2;
        if (TRY(key(middle)) <= name)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return fail(errc::enoent);
    return low - 1;
}
} // namespace

result<directory_block> directory_block::read(medium& from, const inode_layout& directory, u64 index)
{
    const u64 start = index << block_shift;
    const auto length = static_cast<size_t>(std::min(directory.size() - start, block_size));
    directory_block b;
    const auto run = TRY(directory.map(from, start));
    if (const auto image = from.bytes(); !image.empty() && !run.hole && run.length >= length) {
        b._bytes = image.subspan(run.offset, length);
    } else {
        b._copy = TRY(try_make_unique<std::byte[]>(length));
        // Directories are metadata wherever they lie.
        if (run.length >= length && !run.hole)
            TRY(from.read(run.offset, {b._copy.get(), length}));
        else
            TRY(directory.read_bytes(from, start, {b._copy.get(), length}));
        b._bytes = {b._copy.get(), length};
    }
    if (length < record_size)
        return fail(errc::eio);
    directory_record first;
    std::memcpy(&first, b._bytes.data(), record_size);
    if (first.name_offset < record_size || first.name_offset % record_size || first.name_offset >= length)
        return fail(errc::eio);
    b._count = static_cast<u32>(first.name_offset / record_size);
    return b;
}

result<directory_record> directory_block::record(u32 i) const
{
    if (i >= _count)
        return fail(errc::eio);
    directory_record r;
    std::memcpy(&r, _bytes.data() + i * record_size, record_size);
    if (r.name_offset < _count * record_size || r.name_offset >= _bytes.size())
        return fail(errc::eio);
    return r;
}

result<std::string_view> directory_block::name(u32 i) const
{
    constexpr size_t name_limit = 255;
    const size_t begin = TRY(record(i)).name_offset;
    const char* const text = reinterpret_cast<const char*>(_bytes.data());
    size_t length = _bytes.size() - begin;
    if (i + 1 < _count) {
        const size_t end = TRY(record(i + 1)).name_offset;
        if (end <= begin)
            return fail(errc::eio);
        length = end - begin;
    } else {
        length = strnlen(text + begin, length); // the block's rest is filled with zeros
    }
    if (length == 0 || length > name_limit)
        return fail(errc::eio);
    return std::string_view(text + begin, length);
}

result<u64> find_in_directory(medium& from, const inode_layout& directory, std::string_view name)
{
    directory_block block;
    u64 block_at = ~u64{0};
    const auto load = [&](u64 index) -> result<void> {
        if (index != block_at) {
            block = TRY(directory_block::read(from, directory, index));
            block_at = index;
        }
        return {};
    };
    const auto first_name = [&](u64 index) -> result<std::string_view> {
        TRY(load(index));
        return block.name(0);
    };
    const u64 index = TRY(last_not_above(block_count(directory), name, first_name));
    TRY(load(index));
    const u64 i =
        TRY(last_not_above(block.count(), name, [&](u64 at) { return block.name(static_cast<u32>(at)); }));
    if (TRY(block.name(static_cast<u32>(i))) != name)
        return fail(errc::enoent);
    return u64{TRY(block.record(static_cast<u32>(i))).node};
}

result<void> list_directory(medium& from, const inode_layout& directory, u64 cookie,
                            vfs::directory_sink& sink)
{
    u64 at = cookie - vfs::first_cookie;
    while (at < directory.size()) {
        const u64 start = align_down(at, block_size);
        const auto block = TRY(directory_block::read(from, directory, start >> block_shift));
        for (u64 i = (at - start + record_size - 1) / record_size; i < block.count(); i++) {
            const auto record = TRY(block.record(static_cast<u32>(i)));
            const auto name = TRY(block.name(static_cast<u32>(i)));
            const u64 next = i + 1 < block.count() ? start + (i + 1) * record_size : start + block_size;
            if (name != "." && name != ".." && // the VFS has its own
                !sink.add({name, record.node, type_of_record(record.type), vfs::first_cookie + next}))
                return {};
        }
        at = start + block_size;
    }
    return {};
}
} // namespace erofs
