#include "core/mm/shared_memory.hh"

#include "core/base/types.hh"
#include "core/log.hh"
#include "core/mm/frames.hh"
#include "core/mm/layout.hh"

namespace mm
{
namespace
{
/// Frames live until the object ends, so a page_ref needs to pin nothing.
class shared_memory final : public memory_object
{
  public:
    explicit shared_memory(u64 size) : _size(size) {}
    ~shared_memory() override;

    result<page_ref> page(u64 index, access wanted) override;
    page_ref page_if_present(u64 index) override;
    u64 size() const override { return _size; }
    size_t describe(char* buffer, size_t length) const override
    {
        return klog::format(buffer, length, "/dev/zero (deleted)");
    }
    result<void> write_back(u64, u64) override { return {}; }

  protected:
    void release_page(phys_addr, void*) override {}

  private:
    const u64 _size;
    mutex _lock{lock_rank::page_cache};
    radix_tree<std::byte> _frames GUARDED_BY(_lock); // the frames' addresses in the direct map
};

shared_memory::~shared_memory()
{
    lock_guard guard{_lock};
    u64 index = 0;
    while (void* frame = _frames.next(index, &index)) {
        free_frames(to_physical(frame));
        index++;
    }
}

result<page_ref> shared_memory::page(u64 index, access)
{
    if (index >= pages_for(_size))
        return fail(errc::enxio);
    lock_guard guard{_lock};
    if (void* frame = _frames.find(index))
        return page_ref(this, to_physical(frame), nullptr);
    const phys_addr frame = TRY(allocate_frames(0, zeroing::zeroed));
    if (const auto inserted = _frames.insert(index, *to_virtual<std::byte>(frame)); !inserted) {
        free_frames(frame);
        return fail(inserted.error());
    }
    return page_ref(this, frame, nullptr);
}

page_ref shared_memory::page_if_present(u64 index)
{
    lock_guard guard{_lock};
    void* frame = _frames.find(index);
    return frame ? page_ref(this, to_physical(frame), nullptr) : page_ref();
}
} // namespace

result<ref_ptr<memory_object>> create_shared_memory(u64 size)
{
    return ref_ptr<memory_object>(TRY(make_ref<shared_memory>(size)));
}
} // namespace mm
