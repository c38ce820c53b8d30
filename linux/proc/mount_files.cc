// What is mounted where, in the two formats, and the kinds of file systems.
#include "fs/vfs/mount.hh"
#include "fs/vfs/path.hh"
#include "linux/proc/generators.hh"

namespace proc
{
namespace
{
/// Blanks and their like in names are octal escapes there.
void add_escaped(text& out, std::string_view name)
{
    for (const char& c : name) {
        if (c == ' ')
            out.add("\\040");
        else if (c == '\t')
            out.add("\\011");
        else if (c == '\n')
            out.add("\\012");
        else if (c == '\\')
            out.add("\\134");
        else
            out.add({&c, 1});
    }
}

/// Calls visit(mount, place) for each mount that a path leads to.
template <class Visit>
result<void> for_each_mount(Visit visit)
{
    auto buffer = TRY(try_make_unique<char[]>(page_size));
    vfs::mount::for_each([&](vfs::mount& m) {
        const bool is_root = &m == &vfs::root().mount();
        if (!m.covered() && !is_root)
            return;
        std::string_view place = "/";
        if (!is_root) {
            const auto size = vfs::path(ref_ptr<vfs::dentry>(*m.covered()))
                                  .describe({buffer.get(), page_size}, vfs::path::deleted_mark::no);
            if (!size)
                return;
            place = {buffer.get(), *size};
        }
        visit(m, place);
    });
    return {};
}

std::string_view source_of(const vfs::mount& m)
{
    return m.source().empty() ? "none" : m.source();
}
std::string_view mode_of(const vfs::mount& m)
{
    return m.read_only() || m.fs().read_only() ? "ro" : "rw";
}
} // namespace

result<void> mounts(text& out, const numbers&)
{
    return for_each_mount([&](vfs::mount& m, std::string_view place) {
        add_escaped(out, source_of(m));
        out.add(" ");
        add_escaped(out, place);
        out.line(" {} {},relatime 0 0", m.fs().type_name(), mode_of(m));
    });
}

result<void> mount_info(text& out, const numbers&)
{
    return for_each_mount([&](vfs::mount& m, std::string_view place) {
        const auto device = m.fs().number();
        const u32 parent = m.parent_id() ? m.parent_id() : m.id();
        out.format("{} {} {}:{} / ", m.id(), parent, device.major, device.minor);
        add_escaped(out, place);
        out.format(" {},relatime - {} ", mode_of(m), m.fs().type_name());
        add_escaped(out, source_of(m));
        out.line(" {}", mode_of(m));
    });
}

result<void> file_systems(text& out, const numbers&)
{
    out.add("nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\nnodev\tpipefs\n\terofs\n");
    return {};
}
} // namespace proc
