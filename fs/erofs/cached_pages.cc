#include "fs/erofs/cached_pages.hh"

#include <algorithm>
#include <cstring>

namespace erofs
{
result<ref_ptr<mm::memory_object>> cached_pages::create(ref_ptr<medium> image, const inode_layout& layout)
{
    return TRY(make_ref<cached_pages>(std::move(image), layout));
}

result<void> cached_pages::read_pages(u64 first_index, std::span<std::byte> pages)
{
    const u64 offset = first_index << page_shift;
    const auto length = static_cast<size_t>(std::min<u64>(pages.size(), size() - offset));
    TRY(_layout.read_bytes(*_image, offset, pages.first(length)));
    std::memset(pages.data() + length, 0, pages.size() - length);
    return {};
}

size_t cached_pages::describe(char* buffer, size_t length) const
{
    return std::string_view("erofs").copy(buffer, length);
}
} // namespace erofs
