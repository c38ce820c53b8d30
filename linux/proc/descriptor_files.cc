// /proc/PID/fd and fdinfo: what each descriptor leads to.
#include "fs/vfs/dentry.hh"
#include "fs/vfs/lookup.hh"
#include "linux/files/descriptor_table.hh"
#include "linux/proc/generators.hh"
#include "linux/task/program.hh"

namespace proc
{
namespace
{
result<ref_ptr<vfs::file>> find_file(const numbers& which)
{
    const auto p = TRY(find_program(which));
    const auto file = p->descriptors().get(static_cast<int>(which.last()));
    if (!file)
        return fail(errc::enoent);
    return file.share();
}

/// Stands for an open file that has no path, such as a pipe: opening it gives the same open file again.
class descriptor_inode final : public vfs::inode
{
  public:
    descriptor_inode(vfs::file_system& owner, ref_ptr<vfs::file> file)
        : inode(owner, file->inode().type(), file->inode().number()), _file(std::move(file))
    {
    }
    result<void> get_attributes(vfs::attributes& out) override { return _file->get_attributes(out); }
    result<ref_ptr<vfs::file>> open(const vfs::path&, u32 flags) override
    {
        const u32 mode = flags & vfs::open_flag::access_mode;
        if ((mode != vfs::open_flag::write_only && !_file->may_read()) ||
            (mode != vfs::open_flag::read_only && !_file->may_write()))
            return fail(errc::eacces);
        return _file;
    }

  private:
    ref_ptr<vfs::file> _file;
};
} // namespace

result<void> descriptor_link(text& out, const numbers& which)
{
    const auto file = TRY(find_file(which));
    auto buffer = TRY(try_make_unique<char[]>(page_size));
    const size_t size = TRY(file->describe({buffer.get(), page_size}));
    out.add({buffer.get(), size});
    return {};
}

result<bool> follow_descriptor(vfs::path& target, const numbers& which)
{
    auto file = TRY(find_file(which));
    if (file->where()) {
        target = file->where();
        return true;
    }
    auto& mount = vfs::root().mount();
    auto inode = TRY(make_ref<descriptor_inode>(mount.fs(), std::move(file)));
    target = vfs::path(TRY(vfs::dentry::create(mount, nullptr, {}, std::move(inode))));
    return true;
}

result<void> descriptor_info(text& out, const numbers& which)
{
    const auto file = TRY(find_file(which));
    const auto position = file->seek(0, vfs::seek_origin::current);
    out.line("pos:\t{}", position ? *position : u64{0});
    const u32 flags = file->flags();
    out.add("flags:\t0");
    for (int shift = 21; shift >= 0; shift -= 3)
        out.format("{}", flags >> shift & 7);
    out.line("\nmnt_id:\t{}", file->where() ? file->where().mount().id() : 0u);
    out.line("ino:\t{}", file->inode().number());
    return {};
}
} // namespace proc
