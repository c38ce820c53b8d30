// The pages of a file whose image is in RAM: frames of the image itself.
//
// A page is handed out in place where its 4096 bytes are a block of the image. What is not (an inline tail, a
// hole, the last block if other data follow it) gets a page of its own at first use, kept until the file is
// forgotten.
#pragma once

#include "core/base/radix_tree.hh"
#include "core/mm/memory_object.hh"
#include "core/sync/mutex.hh"
#include "fs/erofs/layout.hh"

namespace erofs
{
class mapped_pages final : public mm::memory_object
{
  public:
    /// Whether the image can be mapped at all: in RAM, beginning at a page's border.
    static bool possible(const medium& image);
    static result<ref_ptr<mm::memory_object>> create(ref_ptr<medium> image, const inode_layout& layout);
    mapped_pages(ref_ptr<medium> image, const inode_layout& layout)
        : _image(std::move(image)), _layout(layout)
    {
    }
    ~mapped_pages() override;

    result<mm::page_ref> page(u64 index, mm::access wanted) override;
    mm::page_ref page_if_present(u64 index) override;
    u64 size() const override { return _layout.size(); }
    size_t describe(char* buffer, size_t length) const override;
    result<void> write_back(u64, u64) override { return {}; }

  private:
    void release_page(phys_addr, void*) override {} // nothing is freed before the object is
    /// The address of the page in the image, or null.
    const std::byte* in_place(u64 index) const;

    const ref_ptr<medium> _image;
    const inode_layout _layout;
    mutex _lock{lock_rank::page_cache};
    radix_tree<std::byte> _copies GUARDED_BY(_lock); // kernel pointers to frames of their own
};
} // namespace erofs
