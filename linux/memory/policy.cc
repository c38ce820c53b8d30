// Memory policies on a machine with one node (set_mempolicy(2), mbind(2)): checked and kept, without further
// effect.
#include "linux/abi/mman.hh"
#include "linux/memory/calls.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
constexpr u64 bits_per_word = 64;
constexpr u64 max_nodes = page_size * 8;
constexpr u64 only_node = 1;

/// The mask of `max_node - 1` bits (Linux counts so). Errors: einval if it names nodes that do not exist.
result<u64> read_nodes(virt_addr from, u64 max_node)
{
    if (!from.value || max_node <= 1)
        return 0;
    const u64 bits = max_node - 1;
    if (bits > max_nodes)
        return fail(errc::einval);
    const u64 words = (bits + bits_per_word - 1) / bits_per_word;
    u64 first = 0;
    for (u64 i = 0; i < words; i++) {
        u64 word = TRY(user_ptr<const u64>(from + i * sizeof(u64)).read());
        if (i == words - 1 && bits % bits_per_word)
            word &= (u64{1} << bits % bits_per_word) - 1;
        if (i == 0)
            first = word;
        else if (word)
            return fail(errc::einval);
    }
    if (first & ~only_node)
        return fail(errc::einval);
    return first;
}

result<void> check_policy(int mode, u64 nodes)
{
    switch (mode) {
    case mpol_default:
    case mpol_local:
        if (nodes)
            return fail(errc::einval);
        return {};
    case mpol_preferred:
        return {};
    case mpol_bind:
    case mpol_interleave:
    case mpol_preferred_many:
        if (!nodes)
            return fail(errc::einval);
        return {};
    default:
        return fail(errc::einval);
    }
}

result<void> write_nodes(virt_addr to, u64 max_node, u64 nodes)
{
    if (!to.value || max_node == 0)
        return {};
    const u64 words = (max_node + bits_per_word - 1) / bits_per_word;
    for (u64 i = 0; i < words; i++)
        TRY(user_ptr<u64>(to + i * sizeof(u64)).write(i == 0 ? nodes : 0));
    return {};
}
} // namespace

result<void> sys_mbind(virt_addr start, u64, u32 mode, virt_addr nodes, u64 max_node, u32 flags)
{
    if ((flags & ~(mpol_mf_strict | mpol_mf_move | mpol_mf_move_all)) || start.page_offset() != 0)
        return fail(errc::einval);
    const auto mask = TRY(read_nodes(nodes, max_node));
    return check_policy(static_cast<int>(mode) & ~mpol_mode_flags, mask);
}

result<void> sys_set_mempolicy(int mode, virt_addr nodes, u64 max_node)
{
    const auto mask = TRY(read_nodes(nodes, max_node));
    TRY(check_policy(mode & ~mpol_mode_flags, mask));
    auto& self = current_task();
    self.memory_policy = mode;
    self.memory_nodes = mask;
    return {};
}

result<void> sys_get_mempolicy(user_ptr<s32> mode, virt_addr nodes, u64 max_node, virt_addr address,
                               u64 flags)
{
    if (flags & ~(mpol_f_node | mpol_f_addr | mpol_f_mems_allowed))
        return fail(errc::einval);
    if (nodes.value && max_node < 1)
        return fail(errc::einval);
    const auto& self = current_task();
    if (flags & mpol_f_mems_allowed) {
        if (flags & (mpol_f_node | mpol_f_addr))
            return fail(errc::einval);
        return write_nodes(nodes, max_node, only_node);
    }
    s32 answer = self.memory_policy;
    if (flags & mpol_f_addr) {
        if (!current_program().address_space().with_area(address, [](const mm::area&) {}))
            return fail(errc::efault);
        answer = flags & mpol_f_node ? 0 : mpol_default;
    } else if (address.value) {
        return fail(errc::einval);
    } else if (flags & mpol_f_node) {
        if (self.memory_policy != mpol_interleave)
            return fail(errc::einval);
        answer = 0;
    }
    if (mode)
        TRY(mode.write(answer));
    return write_nodes(nodes, max_node, flags & mpol_f_addr ? 0 : self.memory_nodes);
}
} // namespace linux
