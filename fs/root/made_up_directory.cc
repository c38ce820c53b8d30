#include "fs/root/made_up_directory.hh"

#include "fs/vfs/lookup.hh"
#include "fs/vfs/path_cache.hh"
#include "fs/vfs/walker.hh"

namespace vfs
{
namespace
{
class made_up_directory final : public inode
{
  public:
    explicit made_up_directory(file_system& fs)
        : inode(fs, file_type::directory, ~u64{0}), _made(timestamp::now())
    {
    }

    result<void> get_attributes(attributes& out) override
    {
        out = {};
        out.inode_number = number();
        out.mode = static_cast<u32>(file_type::directory) | 0555;
        out.links = 2;
        out.file_system = owner().number();
        out.accessed = out.modified = out.changed = _made;
        return {};
    }

  private:
    const timestamp _made;
};
} // namespace

result<path> make_up_directory(std::string_view directory)
{
    walker w(root(), directory);
    TRY(w.to_last());
    if (w.last_kind() != walker::component::name)
        return fail(errc::enoent);
    auto child = TRY(w.find_last());
    if (child->is_negative())
        child->make_positive(TRY(make_ref<made_up_directory>(w.directory().in().fs())));
    return path(std::move(child));
}
} // namespace vfs
