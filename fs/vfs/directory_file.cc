#include "fs/vfs/directory_file.hh"

#include "fs/vfs/changes.hh"
#include "fs/vfs/regular_file.hh"

namespace vfs
{
namespace
{
/// Remembers how far the listing came.
class position_sink final : public directory_sink
{
  public:
    position_sink(directory_sink& to, u64& position) : _to(to), _position(position) {}

    bool add(const directory_entry& entry) override
    {
        if (!_to.add(entry))
            return false;
        _position = entry.next;
        return true;
    }

  private:
    directory_sink& _to;
    u64& _position;
};
} // namespace

result<size_t> directory_file::read(io_buffer&)
{
    return fail(errc::eisdir);
}
result<size_t> directory_file::read_at(u64, io_buffer&)
{
    return fail(errc::eisdir);
}

result<u64> directory_file::seek(s64 offset, seek_origin origin)
{
    lock_guard guard{_lock};
    if (origin != seek_origin::start && origin != seek_origin::current)
        return fail(errc::einval);
    return _position = TRY(seek_target(_position, 0, offset, origin));
}

result<void> directory_file::list(directory_sink& to)
{
    TRY(list_entries(to));
    note_change(*this, change_event::accessed);
    return {};
}

result<void> directory_file::list_entries(directory_sink& to)
{
    lock_guard guard{_lock};
    auto& where_inode = inode();
    if (where().entry().deleted())
        return fail(errc::enoent);
    position_sink sink(to, _position);
    if (_position == 0 &&
        !sink.add(
            {.name = ".", .inode_number = where_inode.number(), .type = file_type::directory, .next = 1}))
        return {};
    if (_position == 1) {
        const u64 up = where().parent().inode().number();
        if (!sink.add({.name = "..", .inode_number = up, .type = file_type::directory, .next = first_cookie}))
            return {};
    }
    lock_guard directory_guard{where_inode.lock()};
    return where_inode.list(_position, sink);
}

result<void> directory_file::synchronize(sync_scope scope)
{
    return inode().synchronize(scope);
}
} // namespace vfs
