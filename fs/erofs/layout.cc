#include "fs/erofs/layout.hh"

#include <algorithm>
#include <cstring>

namespace erofs
{
namespace
{
constexpr u64 size_limit = u64{1} << 62;

/// Inodes of both sizes as one.
extended_inode widen(const compact_inode& c, const geometry& where)
{
    extended_inode e{};
    e.format = c.format;
    e.attribute_count = c.attribute_count;
    e.mode = c.mode;
    e.size = c.size;
    e.content = c.content;
    e.user = c.user;
    e.group = c.group;
    e.links = c.links;
    e.modified = static_cast<u64>(where.build_time.second);
    e.modified_nanoseconds = where.build_time.nanosecond;
    return e;
}
} // namespace

result<void> memory_medium::read(u64 offset, std::span<std::byte> to)
{
    if (offset > _image.size() || to.size() > _image.size() - offset)
        return fail(errc::eio);
    std::memcpy(to.data(), _image.data() + offset, to.size());
    return {};
}

result<inode_layout> inode_layout::read(medium& from, const geometry& where, u64 node_id)
{
    if (node_id >= where.image_size / inode_slot_size)
        return fail(errc::eio);
    const u64 offset = where.meta_offset + node_id * inode_slot_size;
    compact_inode compact;
    TRY(from.read(offset, std::as_writable_bytes(std::span(&compact, 1))));
    extended_inode inode;
    u64 inode_size = sizeof compact;
    if (compact.format & format_extended) {
        TRY(from.read(offset, std::as_writable_bytes(std::span(&inode, 1))));
        inode_size = sizeof inode;
    } else {
        inode = widen(compact, where);
    }
    if (inode.format & ~format_known)
        return fail(errc::eio);

    inode_layout l;
    l._size = inode.size;
    l._data_offset = u64{inode.content} << block_shift;
    l._inline_offset = offset + inode_size + attributes_size(inode.attribute_count);
    l._image_size = where.image_size;
    l._modified = {static_cast<s64>(inode.modified), inode.modified_nanoseconds};
    l._mode = inode.mode;
    l._links = inode.links;
    l._user = inode.user;
    l._group = inode.group;
    l._content = inode.content;
    l._layout = static_cast<data_layout>(inode.format >> 1 & 7);
    TRY(l.check());
    return l;
}

result<void> inode_layout::check_run(u64 offset, u64 length) const
{
    if (offset > _image_size || length > _image_size - offset)
        return fail(errc::eio);
    return {};
}

result<void> inode_layout::check()
{
    constexpr u32 nanoseconds_limit = 1'000'000'000;
    if (_modified.nanosecond >= nanoseconds_limit || _size > size_limit)
        return fail(errc::eio);
    switch (type()) {
    case vfs::file_type::regular:
    case vfs::file_type::directory:
    case vfs::file_type::symlink:
        break;
    case vfs::file_type::fifo:
    case vfs::file_type::socket:
    case vfs::file_type::character:
    case vfs::file_type::block:
        _size = 0;
        return {};
    default:
        return fail(errc::eio);
    }
    if (_size == 0)
        return {};
    const u64 tail = _size & (block_size - 1);
    switch (_layout) {
    case data_layout::plain:
        return check_run(_data_offset, _size);
    case data_layout::inline_tail: {
        // The tail must end in the block where it begins; the format's own rule.
        const u64 length = tail ? tail : block_size;
        if ((_inline_offset & (block_size - 1)) + length > block_size)
            return fail(errc::eio);
        TRY(check_run(_inline_offset, length));
        return _size > length ? check_run(_data_offset, _size - length) : result<void>{};
    }
    case data_layout::chunks:
        return (_content & ~chunk_format::known) ? fail(errc::eio) : result<void>{};
    case data_layout::compressed_full:
    case data_layout::compressed_compact:
        return fail(errc::eopnotsupp);
    }
    return fail(errc::eio);
}

vfs::device_number inode_layout::device() const
{
    if (type() != vfs::file_type::character && type() != vfs::file_type::block)
        return {};
    return {(_content & 0xfff00) >> 8, (_content & 0xff) | (_content >> 12 & 0xfff00)};
}

result<extent> inode_layout::map(medium& from, u64 offset) const
{
    if (offset >= _size)
        return fail(errc::eio);
    switch (_layout) {
    case data_layout::plain:
        return extent{.offset = _data_offset + offset, .length = _size - offset};
    case data_layout::inline_tail: {
        const u64 in_blocks = (_size - 1) & ~(block_size - 1); // all but the last block
        if (offset < in_blocks)
            return extent{.offset = _data_offset + offset, .length = in_blocks - offset};
        return extent{
            .offset = _inline_offset + (offset - in_blocks), .length = _size - offset, .in_metadata = true};
    }
    case data_layout::chunks:
        return map_chunk(from, offset);
    default:
        return fail(errc::eio);
    }
}

result<extent> inode_layout::map_chunk(medium& from, u64 offset) const
{
    const unsigned shift = block_shift + (_content & chunk_format::shift_mask);
    const u64 chunk = offset >> shift;
    const u64 in_chunk = offset - (chunk << shift);
    const u64 length = std::min((u64{1} << shift) - in_chunk, _size - offset);
    u32 block;
    if (_content & chunk_format::indexes) {
        chunk_index index;
        const u64 at = align_up(_inline_offset, sizeof index) + chunk * sizeof index;
        TRY(from.read(at, std::as_writable_bytes(std::span(&index, 1))));
        block = index.block;
    } else {
        const u64 at = align_up(_inline_offset, sizeof block) + chunk * sizeof block;
        TRY(from.read(at, std::as_writable_bytes(std::span(&block, 1))));
    }
    if (block == no_block)
        return extent{.offset = 0, .length = length, .hole = true};
    const u64 start = (u64{block} << block_shift) + in_chunk;
    TRY(check_run(start, length));
    return extent{.offset = start, .length = length};
}

result<void> inode_layout::read_bytes(medium& from, u64 offset, std::span<std::byte> to) const
{
    while (!to.empty()) {
        const auto run = TRY(map(from, offset));
        const auto piece = to.first(std::min<u64>(run.length, to.size()));
        if (run.hole)
            std::memset(piece.data(), 0, piece.size());
        else if (run.in_metadata)
            TRY(from.read(run.offset, piece));
        else
            TRY(from.read_data(run.offset, piece));
        offset += piece.size();
        to = to.subspan(piece.size());
    }
    return {};
}
} // namespace erofs
