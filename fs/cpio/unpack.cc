#include "fs/cpio/unpack.hh"

#include "core/device/dynamic_array.hh"
#include "core/log.hh"
#include "core/mm/io_buffer.hh"
#include "fs/cpio/header.hh"
#include "fs/vfs/lookup.hh"

namespace cpio
{
namespace
{
constexpr size_t piece_size = 16_KiB;
constexpr std::string_view trailer = "TRAILER!!!";

/// A file of which the archive holds several names.
struct linked_file {
    u32 inode;
    u32 device_major;
    u32 device_minor;
    vfs::path where;
};

class unpacker
{
  public:
    unpacker(decompress::byte_source& from, const vfs::path& to, unique_ptr<std::byte[]> piece)
        : _from(from), _to(to), _piece(std::move(piece))
    {
    }
    result<void> run();

  private:
    result<void> damaged(std::string_view what) const;
    result<void> read_exactly(std::span<std::byte> to);
    result<void> skip(size_t bytes);
    result<void> skip_to_alignment();
    result<std::string_view> read_name(const header& h);
    result<void> make(const header& h, std::string_view name);
    result<void> make_regular(const header& h, std::string_view name);
    result<void> make_symlink(const header& h, std::string_view name);
    result<void> copy_data(vfs::file& to, size_t bytes);
    result<void> set_attributes(const header& h, std::string_view name);

    decompress::byte_source& _from;
    const vfs::path& _to;
    const unique_ptr<std::byte[]> _piece;
    u64 _position = 0; // in the archive
    char _name[vfs::path_limit];
    dynamic_array<linked_file> _linked;
};

result<void> unpacker::damaged(std::string_view what) const
{
    klog::line("cpio: damaged archive at byte {}: {}", _position, what);
    return fail(errc::eio);
}

result<void> unpacker::read_exactly(std::span<std::byte> to)
{
    const auto got = _from.read(to);
    if (!got)
        return got.error() == errc::eio ? damaged("the compressed data are wrong") : fail(got.error());
    if (got.value() < to.size())
        return damaged("it ends too early");
    _position += to.size();
    return {};
}

result<void> unpacker::skip(size_t bytes)
{
    while (bytes > 0) {
        const size_t piece = std::min(bytes, piece_size);
        TRY(read_exactly({_piece.get(), piece}));
        bytes -= piece;
    }
    return {};
}

result<void> unpacker::skip_to_alignment()
{
    return skip(align_up(_position, alignment) - _position);
}

result<std::string_view> unpacker::read_name(const header& h)
{
    if (h.name_size < 2 || h.name_size > sizeof _name) {
        TRY(damaged("a name's length is wrong"));
        return std::string_view();
    }
    TRY(read_exactly(std::as_writable_bytes(std::span(_name, h.name_size))));
    TRY(skip_to_alignment());
    std::string_view name(_name, h.name_size - 1);
    if (_name[h.name_size - 1] != 0 || name.find('\0') != std::string_view::npos)
        TRY(damaged("a name does not end where it should"));
    while (name.starts_with('/'))
        name.remove_prefix(1);
    return name.empty() ? std::string_view(".") : name;
}

result<void> unpacker::copy_data(vfs::file& to, size_t bytes)
{
    while (bytes > 0) {
        const size_t piece = std::min(bytes, piece_size);
        TRY(read_exactly({_piece.get(), piece}));
        auto buffer = io_buffer::of_kernel(std::span<const std::byte>(_piece.get(), piece));
        if (TRY(to.write(buffer)) < piece)
            return fail(errc::enospc);
        bytes -= piece;
    }
    return {};
}

result<void> unpacker::make_regular(const header& h, std::string_view name)
{
    // All names of a file carry its inode's number; the data come with one of them, usually the last.
    if (h.links > 1)
        for (const auto& known : _linked)
            if (known.inode == h.inode && known.device_major == h.device_major &&
                known.device_minor == h.device_minor) {
                TRY(vfs::link(known.where, _to, name));
                break;
            }
    const u32 flags = vfs::open_flag::write_only | vfs::open_flag::create;
    const auto f = TRY(vfs::open(_to, name, flags, h.mode & vfs::permission_mask));
    if (h.links > 1)
        TRY(_linked.push_back({h.inode, h.device_major, h.device_minor, f->where()}));
    return copy_data(*f, h.size);
}

result<void> unpacker::make_symlink(const header& h, std::string_view name)
{
    if (h.size == 0 || h.size >= vfs::path_limit)
        return damaged("a symbolic link's length is wrong");
    TRY(read_exactly({_piece.get(), h.size}));
    return vfs::make_symlink({reinterpret_cast<const char*>(_piece.get()), h.size}, _to, name);
}

result<void> unpacker::set_attributes(const header& h, std::string_view name)
{
    const auto where = TRY(vfs::resolve(_to, name, vfs::final_link::keep));
    vfs::attribute_changes changes;
    changes.user = h.user;
    changes.group = h.group;
    changes.modified = vfs::timestamp{static_cast<s64>(h.modified), 0};
    if (!where.inode().is_symlink())
        changes.permissions = h.mode & vfs::permission_mask;
    return vfs::set_attributes(where, changes);
}

result<void> unpacker::make(const header& h, std::string_view name)
{
    switch (vfs::type_of_mode(h.mode)) {
    case vfs::file_type::regular:
        TRY(make_regular(h, name));
        break;
    case vfs::file_type::symlink:
        TRY(make_symlink(h, name));
        break;
    case vfs::file_type::directory:
        if (const auto made = vfs::make_directory(_to, name, h.mode & vfs::permission_mask);
            !made && made.error() != errc::eexist)
            return made;
        TRY(skip(h.size));
        break;
    case vfs::file_type::none:
        return damaged("a file's type is wrong");
    default:
        TRY(vfs::make_node(_to, name, h.mode, {h.special_major, h.special_minor}));
        TRY(skip(h.size));
    }
    return set_attributes(h, name);
}

result<void> unpacker::run()
{
    for (;;) {
        std::array<std::byte, header_size> bytes;
        TRY(read_exactly(bytes));
        const auto h = header::parse(bytes);
        if (!h)
            return damaged("there is no file header where one should be");
        const auto name = TRY(read_name(*h));
        if (name == trailer)
            return {};
        if (const auto made = make(*h, name); !made) {
            if (made.error() != errc::eio)
                klog::line("cpio: cannot make {}: error {}", name, made.error());
            return made;
        }
        TRY(skip_to_alignment());
    }
}
} // namespace

bool recognise(std::span<const std::byte> bytes)
{
    return bytes.size() >= header_size && header::parse(bytes.first<header_size>());
}

result<void> unpack(decompress::byte_source& archive, const vfs::path& where)
{
    auto piece = TRY(try_make_unique<std::byte[]>(piece_size));
    auto u = TRY(try_make_unique<unpacker>(archive, where, std::move(piece))); // too big for the stack
    return u->run();
}
} // namespace cpio
