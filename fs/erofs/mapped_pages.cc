#include "fs/erofs/mapped_pages.hh"

#include <algorithm>

#include "core/mm/frames.hh"
#include "core/mm/layout.hh"

namespace erofs
{
bool mapped_pages::possible(const medium& image)
{
    const auto bytes = image.bytes();
    return !bytes.empty() && is_aligned(reinterpret_cast<u64>(bytes.data()), page_size);
}

result<ref_ptr<mm::memory_object>> mapped_pages::create(ref_ptr<medium> image, const inode_layout& layout)
{
    return TRY(make_ref<mapped_pages>(std::move(image), layout));
}

mapped_pages::~mapped_pages()
{
    u64 at = 0;
    while (auto* bytes = _copies.next(at, &at)) {
        _copies.erase(at);
        mm::free_frames(mm::to_physical(bytes));
    }
}

const std::byte* mapped_pages::in_place(u64 index) const
{
    const u64 offset = index << page_shift;
    const auto run = _layout.map(*_image, offset);
    if (!run || run.value().hole || run.value().in_metadata)
        return nullptr;
    const u64 at = run.value().offset;
    const bool whole = run.value().length >= std::min<u64>(page_size, size() - offset);
    if (!whole || !is_aligned(at, page_size) || at + page_size > _image->size())
        return nullptr;
    return _image->bytes().data() + at;
}

mm::page_ref mapped_pages::page_if_present(u64 index)
{
    if (index >= pages_for(size()))
        return {};
    if (const auto* bytes = in_place(index))
        return {this, mm::to_physical(bytes), nullptr};
    lock_guard guard{_lock};
    auto* copy = _copies.find(index);
    return copy ? mm::page_ref{this, mm::to_physical(copy), nullptr} : mm::page_ref{};
}

result<mm::page_ref> mapped_pages::page(u64 index, mm::access)
{
    if (index >= pages_for(size()))
        return fail(errc::enxio);
    if (auto present = page_if_present(index))
        return present;
    const auto frame = TRY(mm::allocate_frames(0, mm::zeroing::zeroed));
    auto* const bytes = mm::to_virtual<std::byte>(frame);
    const u64 offset = index << page_shift;
    const auto length = static_cast<size_t>(std::min<u64>(page_size, size() - offset));
    auto filled = _layout.read_bytes(*_image, offset, {bytes, length});
    WITH_LOCK(_lock)
    {
        if (auto* faster = _copies.find(index)) {
            mm::free_frames(frame);
            return mm::page_ref{this, mm::to_physical(faster), nullptr};
        }
        if (filled)
            filled = _copies.insert(index, *bytes);
    }
    if (!filled) {
        mm::free_frames(frame);
        return fail(filled.error());
    }
    return mm::page_ref{this, frame, nullptr};
}

size_t mapped_pages::describe(char* buffer, size_t length) const
{
    return std::string_view("erofs").copy(buffer, length);
}
} // namespace erofs
