// Mapping, unmapping, protecting and moving memory (mmap(2), mprotect(2), mremap(2), brk(2)).
#include "core/mm/address_space.hh"
#include "linux/abi/mman.hh"
#include "linux/files/descriptor_table.hh"
#include "linux/memory/calls.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
constexpr u64 rights_mask = prot_read | prot_write | prot_exec;

/// What MAP_SHARED_VALIDATE accepts; plain MAP_SHARED ignores what it does not know.
constexpr u64 validated_flags = map_type | map_fixed | map_anonymous | map_32bit | map_growsdown |
                                map_denywrite | map_executable | map_locked | map_noreserve | map_populate |
                                map_nonblock | map_stack | map_hugetlb | map_fixed_noreplace;

mm::protection to_rights(u64 bits)
{
    return static_cast<mm::protection>(bits & rights_mask);
}

result<void> check_type(u64 flags)
{
    switch (flags & map_type) {
    case map_private:
    case map_shared:
        return {};
    case map_shared_validate:
        if (flags & ~validated_flags) // MAP_SYNC needs persistent memory
            return fail(errc::eopnotsupp);
        return {};
    default:
        return fail(errc::einval);
    }
}

/// The object of the mapping, and what its descriptor forbids.
result<void> attach_file(mm::map_request& request, int descriptor, u64 rights)
{
    auto file = TRY(current_program().descriptors().use(descriptor));
    if (!file->may_read())
        return fail(errc::eacces);
    if (request.shared && !file->may_write()) {
        if (rights & prot_write)
            return fail(errc::eacces);
        request.max_rights = mm::protection::read | mm::protection::execute;
    }
    if (request.offset + request.length < request.offset)
        return fail(errc::eoverflow);
    request.object = TRY(file->memory_object());
    return {};
}
} // namespace

result<virt_addr> sys_mmap(virt_addr hint, u64 length, u64 rights, u64 flags, int descriptor, u64 offset)
{
    if (!is_aligned(offset, page_size) || length == 0)
        return fail(errc::einval);
    TRY(check_type(flags));
    const bool exact = flags & (map_fixed | map_fixed_noreplace);
    if (exact && hint.page_offset() != 0)
        return fail(errc::einval);
    if (flags & map_hugetlb) // none are set aside, as on a Linux machine that was not told to
        return fail(errc::enomem);

    mm::map_request request;
    request.hint = hint.page();
    request.length = length;
    request.rights = to_rights(rights);
    request.shared = (flags & map_type) != map_private;
    request.fixed = (flags & map_fixed) && !(flags & map_fixed_noreplace);
    request.fixed_noreplace = flags & map_fixed_noreplace;
    request.below_2g = flags & map_32bit;
    request.stack = flags & map_stack;
    request.grows_down = flags & map_growsdown;
    request.noreserve = flags & map_noreserve;
    request.populate = (flags & map_populate) && !(flags & map_nonblock);
    request.locked = flags & map_locked;
    if (!(flags & map_anonymous)) {
        request.offset = offset;
        TRY(attach_file(request, descriptor, rights));
    }
    return current_program().address_space().map(std::move(request));
}

result<void> sys_munmap(virt_addr start, u64 length)
{
    if (start.page_offset() != 0 || length == 0)
        return fail(errc::einval);
    return current_program().address_space().unmap(start, length);
}

result<void> sys_mprotect(virt_addr start, u64 length, u64 rights)
{
    constexpr u64 known = rights_mask | 8 | prot_growsdown | prot_growsup; // 8: PROT_SEM, without a meaning
    if (start.page_offset() != 0 || (rights & ~known))
        return fail(errc::einval);
    if ((rights & prot_growsdown) && (rights & prot_growsup))
        return fail(errc::einval);
    if (length == 0)
        return {};
    auto& space = current_program().address_space();
    if (rights & prot_growsup)
        return fail(errc::einval);
    if (rights & prot_growsdown) {
        // From the stack's present lower end on: how the C library makes stacks executable.
        bool grows = false;
        virt_addr area_start;
        space.with_area(start, [&](const mm::area& a) {
            grows = a.attributes().grows_down;
            area_start = a.start();
        });
        if (!grows)
            return fail(errc::einval);
        length += start - area_start;
        start = area_start;
    }
    return space.protect(start, length, to_rights(rights));
}

result<virt_addr> sys_mremap(virt_addr start, u64 old_length, u64 new_length, u64 flags, virt_addr target)
{
    constexpr u64 known = mremap_maymove | mremap_fixed | mremap_dontunmap;
    if ((flags & ~known) || start.page_offset() != 0 || new_length == 0)
        return fail(errc::einval);
    if ((flags & (mremap_fixed | mremap_dontunmap)) && !(flags & mremap_maymove))
        return fail(errc::einval);
    if ((flags & mremap_fixed) && target.page_offset() != 0)
        return fail(errc::einval);
    if ((flags & mremap_dontunmap) && pages_for(old_length) != pages_for(new_length))
        return fail(errc::einval);
    mm::remap_request request;
    request.old_address = start;
    request.old_length = old_length;
    request.new_length = new_length;
    request.may_move = flags & mremap_maymove;
    request.fixed = flags & mremap_fixed;
    request.dont_unmap = flags & mremap_dontunmap;
    request.new_address = target;
    return current_program().address_space().remap(request);
}

result<virt_addr> sys_brk(virt_addr wanted)
{
    return current_program().address_space().set_break(wanted);
}

// Protection keys as on a processor without them (pkeys(7)).
result<int> sys_pkey_alloc(u32, u32)
{
    return fail(errc::einval);
}
result<void> sys_pkey_free(int)
{
    return fail(errc::einval);
}
result<void> sys_pkey_mprotect(virt_addr start, u64 length, u64 rights, int key)
{
    if (key != -1)
        return fail(errc::einval);
    return sys_mprotect(start, length, rights);
}
} // namespace linux
