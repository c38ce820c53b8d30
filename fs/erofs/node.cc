#include "fs/erofs/node.hh"

#include <algorithm>

#include "core/mm/io_buffer.hh"
#include "fs/erofs/cached_pages.hh"
#include "fs/erofs/directory.hh"
#include "fs/erofs/mapped_pages.hh"

namespace erofs
{
node::~node()
{
    fs().forget(*this);
    if (auto* pages = _pages.load(std::memory_order_relaxed))
        pages->release();
}

result<void> node::get_attributes(vfs::attributes& out)
{
    out = {};
    out.inode_number = number();
    out.mode = _layout.mode();
    out.links = _layout.links();
    out.user = _layout.user();
    out.group = _layout.group();
    out.file_system = fs().number();
    out.device = _layout.device();
    out.size = _layout.size();
    out.blocks = (_layout.size() + 511) / 512;
    out.block_size = block_size;
    out.accessed = out.modified = out.changed = _layout.modified();
    return {};
}

/// From an image in RAM: straight into the caller's buffer.
result<size_t> node::read_in_place(u64 offset, io_buffer& to)
{
    const auto image = fs().image().bytes();
    size_t done = 0;
    while (!to.empty() && offset < _layout.size()) {
        const auto run = TRY(_layout.map(fs().image(), offset));
        const auto piece = static_cast<size_t>(std::min<u64>(run.length, to.remaining()));
        const size_t moved = run.hole ? to.clear_out(piece) : to.copy_out(image.subspan(run.offset, piece));
        offset += moved;
        done += moved;
        if (moved < piece)
            return transferred(done, true);
    }
    return done;
}

result<size_t> node::read(u64 offset, io_buffer& to)
{
    if (!fs().image().bytes().empty())
        return read_in_place(offset, to);
    auto pages = TRY(memory_object());
    return static_cast<cached_pages&>(*pages).read(offset, to);
}

result<ref_ptr<mm::memory_object>> node::memory_object()
{
    if (type() != vfs::file_type::regular)
        return fail(errc::enodev);
    if (auto* existing = _pages.load(std::memory_order_acquire))
        return ref_ptr<mm::memory_object>(*existing);
    const bool in_place = mapped_pages::possible(fs().image());
    auto made = in_place ? TRY(mapped_pages::create(fs().image_ref(), _layout))
                         : TRY(cached_pages::create(fs().image_ref(), _layout));
    mm::memory_object* expected = nullptr;
    if (!_pages.compare_exchange_strong(expected, made.get(), std::memory_order_acq_rel))
        return ref_ptr<mm::memory_object>(*expected);
    made->add_ref(); // the node's
    return made;
}

std::span<const std::byte> node::mapped_bytes()
{
    const auto image = fs().image().bytes();
    if (image.empty() || type() != vfs::file_type::regular || _layout.size() == 0)
        return {};
    const auto run = _layout.map(fs().image(), 0);
    if (!run || run.value().hole || run.value().length < _layout.size())
        return {};
    return image.subspan(run.value().offset, _layout.size());
}

result<vfs::link_text> node::read_link()
{
    constexpr u64 link_limit = 4095;
    const u64 length = _layout.size();
    if (!is_symlink())
        return fail(errc::einval);
    if (length == 0 || length > link_limit)
        return fail(errc::eio);
    const auto image = fs().image().bytes();
    const auto run = TRY(_layout.map(fs().image(), 0));
    if (!image.empty() && !run.hole && run.length >= length)
        return vfs::link_text{{reinterpret_cast<const char*>(image.data() + run.offset), length}, nullptr};
    auto text = TRY(try_make_unique<char[]>(length));
    TRY(_layout.read_bytes(fs().image(), 0, {reinterpret_cast<std::byte*>(text.get()), length}));
    const std::string_view view{text.get(), length};
    return vfs::link_text{view, std::move(text)};
}

result<ref_ptr<vfs::inode>> node::lookup(std::string_view name)
{
    return fs().inode_of(TRY(find_in_directory(fs().image(), _layout, name)));
}

result<void> node::list(u64 cookie, vfs::directory_sink& sink)
{
    return list_directory(fs().image(), _layout, cookie, sink);
}
} // namespace erofs
