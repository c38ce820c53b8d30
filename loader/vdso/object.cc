#include "loader/vdso/object.hh"

#include <cstring>

#include "arch/boot.hh"
#include "core/mm/layout.hh"
#include "core/time/vdso_data.hh"

extern "C" {
extern const std::byte vdso_image_start[];
extern const std::byte vdso_image_end[];
}

namespace vdso
{
namespace
{
struct alignas(page_size) data_page {
    vdso_data data;
    std::byte padding[page_size - sizeof(vdso_data)];
};
constinit data_page the_data{}; // the clock is written to it before there is a program

size_t image_pages()
{
    return static_cast<size_t>(vdso_image_end - vdso_image_start) >> page_shift;
}

/// Pages of the kernel's own image; nobody can write them through a mapping.
class object : public mm::memory_object
{
  public:
    result<mm::page_ref> page(u64 index, mm::access wanted) override
    {
        if (wanted == mm::access::write)
            return fail(errc::eacces);
        if (index > image_pages())
            return fail(errc::enxio);
        return page_if_present(index);
    }
    mm::page_ref page_if_present(u64 index) override
    {
        if (index > image_pages())
            return {};
        add_ref(); // for the page_ref, which does not count
        return {this, frame(index), nullptr};
    }
    u64 size() const override { return (1 + image_pages()) * page_size; }
    size_t describe(char* buffer, size_t length) const override
    {
        constexpr std::string_view name = "[vdso]";
        const size_t count = name.size() < length ? name.size() : length;
        std::memcpy(buffer, name.data(), count);
        return count;
    }
    result<void> write_back(u64, u64) override { return {}; }

  private:
    void release_page(phys_addr, void*) override { release(); }

    static phys_addr frame(u64 index)
    {
        const void* where = index == 0 ? static_cast<const void*>(&the_data)
                                       : static_cast<const void*>(vdso_image_start + (index - 1) * page_size);
        return arch::kernel_image_base() + (virt_addr(reinterpret_cast<u64>(where)) - mm::kernel_image_start);
    }
};
} // namespace

vdso_data& data()
{
    return the_data.data;
}

result<virt_addr> map(mm::address_space& space)
{
    const auto pages = TRY(make_ref<object>());
    const u64 size = pages->size();
    const virt_addr start = TRY(space.map({.length = size,
                                           .rights = mm::protection::read,
                                           .max_rights = mm::protection::read,
                                           .object = pages,
                                           .name = "[vvar]"}));
    const virt_addr code = start + page_size;
    constexpr auto rights = mm::protection::read | mm::protection::execute;
    TRY(space.map({.hint = code,
                   .length = size - page_size,
                   .rights = rights,
                   .max_rights = rights,
                   .fixed = true,
                   .object = pages,
                   .offset = page_size,
                   .name = "[vdso]"}));
    return code;
}
} // namespace vdso
