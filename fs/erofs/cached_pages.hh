// The pages of a file whose image is on a disk: in the page cache, read when they are needed.
#pragma once

#include "fs/cache/cached_object.hh"
#include "fs/erofs/layout.hh"

namespace erofs
{
class cached_pages final : public cache::cached_object
{
  public:
    static result<ref_ptr<mm::memory_object>> create(ref_ptr<medium> image, const inode_layout& layout);
    cached_pages(ref_ptr<medium> image, const inode_layout& layout)
        : _image(std::move(image)), _layout(layout)
    {
    }
    ~cached_pages() override { forget_all(); }

    u64 size() const override { return _layout.size(); }
    size_t describe(char* buffer, size_t length) const override;

  private:
    result<void> read_pages(u64 first_index, std::span<std::byte> pages) override;

    const ref_ptr<medium> _image;
    const inode_layout _layout;
};
} // namespace erofs
