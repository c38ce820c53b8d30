#include "fs/root/copy.hh"

#include "core/base/make_unique.hh"
#include "core/mm/io_buffer.hh"
#include "fs/vfs/lookup.hh"

namespace vfs
{
namespace
{
constexpr size_t piece_size = 16_KiB;

/// Keeps one name of a listing, because nothing can be looked up while the directory is locked.
class one_entry final : public directory_sink
{
  public:
    bool add(const directory_entry& entry) override
    {
        if (_length > 0)
            return false;
        _length = entry.name.copy(_name, sizeof _name);
        _next = entry.next;
        return true;
    }

    /// Goes on to the next name; false at the end.
    result<bool> advance(inode& directory)
    {
        _length = 0;
        lock_guard guard{directory.lock()};
        TRY(directory.list(_next, *this));
        return _length > 0;
    }

    std::string_view name() const { return {_name, _length}; }

  private:
    u64 _next = first_cookie;
    size_t _length = 0;
    char _name[name_limit];
};

/// A directory that is there on both sides, and whose contents are still to be copied. They wait in a list,
/// because a tree can be deeper than a kernel stack.
struct pending_directory {
    path from;
    path to;
    unique_ptr<pending_directory> next;
};

result<void> copy_attributes(const path& from, const path& to)
{
    attributes is;
    TRY(from.get_attributes(is));
    attribute_changes changes{
        .user = is.user, .group = is.group, .accessed = is.accessed, .modified = is.modified};
    if (is.type() != file_type::symlink)
        changes.permissions = is.mode & permission_mask;
    return set_attributes(to, changes);
}

class copier
{
  public:
    explicit copier(unique_ptr<std::byte[]> piece) : _piece(std::move(piece)) {}

    result<void> run(const path& from, const path& to)
    {
        TRY(copy_entries(from, to));
        while (_pending) {
            const auto directory = std::move(_pending);
            _pending = std::move(directory->next);
            TRY(copy_entries(directory->from, directory->to));
            TRY(copy_attributes(directory->from, directory->to)); // after the entries, which change its times
        }
        return {};
    }

  private:
    result<void> copy_entries(const path& from, const path& to);
    result<void> copy_one(const path& from, const path& directory, std::string_view name);
    result<void> copy_bytes(const path& from, const path& directory, std::string_view name);

    const unique_ptr<std::byte[]> _piece;
    unique_ptr<pending_directory> _pending;
};

result<void> copier::copy_entries(const path& from, const path& to)
{
    one_entry entry;
    while (TRY(entry.advance(from.inode())))
        TRY(copy_one(TRY(resolve(from, entry.name(), final_link::keep)), to, entry.name()));
    return {};
}

result<void> copier::copy_one(const path& from, const path& directory, std::string_view name)
{
    attributes is;
    TRY(from.get_attributes(is));
    switch (is.type()) {
    case file_type::directory:
        TRY(make_directory(directory, name, is.mode & permission_mask));
        break;
    case file_type::regular:
        TRY(copy_bytes(from, directory, name));
        break;
    case file_type::symlink:
        TRY(make_symlink(TRY(from.inode().read_link()).text, directory, name));
        break;
    default:
        TRY(make_node(directory, name, is.mode, is.device));
    }
    auto made = TRY(resolve(directory, name, final_link::keep));
    if (is.type() != file_type::directory)
        return copy_attributes(from, made);
    _pending = TRY(
        try_make_unique<pending_directory>(pending_directory{from, std::move(made), std::move(_pending)}));
    return {};
}

result<void> copier::copy_bytes(const path& from, const path& directory, std::string_view name)
{
    const auto source = TRY(open(from, open_flag::read_only));
    const auto target = TRY(open(directory, name, open_flag::write_only | open_flag::create));
    for (;;) {
        auto in = io_buffer::of_kernel(std::span(_piece.get(), piece_size));
        const size_t bytes = TRY(source->read(in));
        if (bytes == 0)
            return {};
        auto out = io_buffer::of_kernel(std::span<const std::byte>(_piece.get(), bytes));
        if (TRY(target->write(out)) < bytes)
            return fail(errc::enospc);
    }
}
} // namespace

result<void> copy_contents(const path& from, const path& to)
{
    one_entry first;
    if (!TRY(first.advance(from.inode())))
        return {};
    return copier(TRY(try_make_unique<std::byte[]>(piece_size))).run(from, to);
}
} // namespace vfs
