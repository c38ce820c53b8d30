// Files of the program as a whole: its command line and environment, its links, and settings that are only
// kept.
#include <algorithm>
#include <charconv>

#include "core/mm/user_access.hh"
#include "linux/files/fs_context.hh"
#include "linux/proc/generators.hh"
#include "linux/task/task.hh"

namespace proc
{
namespace
{
using namespace linux;

/// Bytes of the program's own memory. Only its own threads see it.
result<void> copy_memory(text& out, program& p, virt_addr start, virt_addr end)
{
    if (sched::current().address_space() != &p.address_space())
        return fail(errc::esrch);
    std::array<char, 256> piece;
    while (start < end) {
        const size_t wanted = std::min<size_t>(piece.size(), end - start);
        const size_t got = mm::copy_from_user_partial(piece.data(), start, wanted);
        out.add({piece.data(), got});
        if (got < wanted)
            break;
        start += got;
    }
    return {};
}

result<void> describe(text& out, const vfs::path& where)
{
    auto buffer = TRY(try_make_unique<char[]>(page_size));
    const size_t size = TRY(where.describe({buffer.get(), page_size}, vfs::path::deleted_mark::yes));
    out.add({buffer.get(), size});
    return {};
}

} // namespace

result<int> parse_setting(std::string_view written, int lowest, int highest, int base)
{
    if (base == 16 && written.starts_with("0x"))
        written.remove_prefix(2);
    int value = 0;
    const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), value, base);
    if (error != std::errc{} || end != written.data() + written.size() || value < lowest || value > highest)
        return fail(errc::einval);
    return value;
}

namespace
{

// Kept because programs read back what they wrote; there is nobody whom the first could protect, and no core
// files.
constinit std::atomic<int> memory_adjustment{0};
constinit std::atomic<int> dump_filter{0x33};
} // namespace

result<void> command_line(text& out, const numbers& which)
{
    const auto p = TRY(find_program(which));
    return copy_memory(out, *p, p->addresses().arguments_start, p->addresses().arguments_end);
}

result<void> environment(text& out, const numbers& which)
{
    const auto p = TRY(find_program(which));
    return copy_memory(out, *p, p->addresses().environment_start, p->addresses().environment_end);
}

result<void> auxiliary_vector(text& out, const numbers& which)
{
    const auto p = TRY(find_program(which));
    return copy_memory(out, *p, p->addresses().auxv_start, p->addresses().auxv_end);
}

result<void> executable_link(text& out, const numbers& which)
{
    const auto p = TRY(find_program(which));
    return describe(out, p->fs().executable());
}

result<bool> follow_executable(vfs::path& target, const numbers& which)
{
    const auto p = TRY(find_program(which));
    target = p->fs().executable();
    return true;
}

result<void> working_directory_link(text& out, const numbers& which)
{
    const auto p = TRY(find_program(which));
    return describe(out, p->fs().working_directory());
}

result<bool> follow_working_directory(vfs::path& target, const numbers& which)
{
    const auto p = TRY(find_program(which));
    target = p->fs().working_directory();
    return true;
}

result<void> out_of_memory_adjustment(text& out, const numbers&)
{
    out.line("{}", memory_adjustment.load());
    return {};
}

result<void> set_out_of_memory_adjustment(std::string_view written, const numbers&)
{
    memory_adjustment.store(TRY(parse_setting(written, -1000, 1000)));
    return {};
}

result<void> core_dump_filter(text& out, const numbers&)
{
    out.hex(static_cast<u64>(dump_filter.load()), 8).add("\n");
    return {};
}

result<void> set_core_dump_filter(std::string_view written, const numbers&)
{
    dump_filter.store(TRY(parse_setting(written, 0, 0x1ff, written.starts_with("0x") ? 16 : 10)));
    return {};
}
} // namespace proc
