// An EROFS image of arbitrary bytes: mounted, walked two levels deep, every file read and mapped, from RAM.
//
// The superblock's magic and block size are put right and its checksum switched off, so that the input
// decides about what lies behind them.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "core/log.hh"
#include "core/mm/io_buffer.hh"
#include "core/mm/memory_object.hh"
#include "fs/erofs/erofs.hh"

namespace
{
class name_list final : public vfs::directory_sink
{
  public:
    bool add(const vfs::directory_entry& e) override
    {
        names.emplace_back(e.name);
        return names.size() < 64;
    }
    std::vector<std::string> names;
};

void visit(vfs::inode& node, int depth)
{
    vfs::attributes attributes;
    (void)node.get_attributes(attributes);
    std::byte bytes[8192];
    for (const u64 offset : {u64{0}, u64{4095}, attributes.size / 2, attributes.size - 1}) {
        auto buffer = io_buffer::of_kernel(std::span<std::byte>(bytes));
        if (node.type() == vfs::file_type::regular)
            (void)node.read(offset, buffer);
    }
    (void)node.read_link();
    if (const auto whole = node.mapped_bytes(); !whole.empty())
        bytes[0] = whole.front() ^ whole.back();
    if (auto pages = node.memory_object())
        for (const u64 index : {u64{0}, u64{1}, attributes.size >> page_shift})
            (void)pages.value()->page(index, mm::access::read);
    if (!node.is_directory() || depth == 0)
        return;
    name_list listing;
    (void)node.list(vfs::first_cookie, listing);
    listing.names.emplace_back("name");
    for (const auto& name : listing.names)
        if (auto child = node.lookup(name))
            visit(*child.value(), depth - 1);
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    static const bool quiet = (klog::set_sink([](std::string_view) {}), true);
    (void)quiet;
    constexpr size_t size_limit = 64 * 1024;
    if (size < 128 || size > size_limit)
        return 0;
    const size_t length = align_up(size + erofs::super_block_offset, page_size);
    auto* const image = static_cast<std::byte*>(std::aligned_alloc(page_size, length));
    std::memset(image, 0, length);
    std::memcpy(image + erofs::super_block_offset, data, size);
    erofs::super_block sb;
    std::memcpy(&sb, data, sizeof sb);
    sb.magic = erofs::magic;
    sb.block_size_bits = erofs::block_shift;
    sb.compatible_features &= ~erofs::compatible_feature::checksum;
    sb.incompatible_features &= erofs::incompatible_feature::supported;
    sb.blocks = static_cast<u32>(length >> erofs::block_shift);
    sb.meta_block %= 4;
    std::memcpy(image + erofs::super_block_offset, &sb, sizeof sb);
    {
        auto medium = make_ref<erofs::memory_medium>(std::span<const std::byte>(image, length));
        if (auto fs = erofs::file_system::mount(medium.take()))
            visit(fs.value()->root(), 2);
    }
    std::free(image);
    return 0;
}
