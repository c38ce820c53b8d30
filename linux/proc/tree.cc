#include "linux/proc/tree.hh"

#include <algorithm>
#include <atomic>

#include "core/mm/io_buffer.hh"
#include "core/sync/mutex.hh"
#include "linux/proc/pattern.hh"

namespace proc
{
namespace
{
class file_system;

/// What all inodes of a tree have in common.
class node : public vfs::inode
{
  public:
    node(file_system& owner, vfs::file_type type, u64 number, u32 permissions, const numbers& which);

    result<void> get_attributes(vfs::attributes& out) override;
    result<void> set_attributes(const vfs::attribute_changes& changes) override;

  protected:
    file_system& tree() const { return _tree; }
    const numbers& which() const { return _which; }

  private:
    file_system& _tree;
    const u32 _permissions;
    const numbers _which;
};

class directory final : public node
{
  public:
    directory(file_system& owner, u64 number, std::string_view prefix, const numbers& which);

    result<ref_ptr<vfs::inode>> lookup(std::string_view name) override;
    result<void> list(u64 cookie, vfs::directory_sink& sink) override;
    bool names_are_stable() const override { return _stable; }

    // What is not in the table does not exist, whoever wants to make it.
    result<ref_ptr<vfs::inode>> create(std::string_view, const vfs::creation&) override
    {
        return fail(errc::enoent);
    }
    result<ref_ptr<vfs::inode>> make_directory(std::string_view, const vfs::creation&) override
    {
        return fail(errc::enoent);
    }
    result<ref_ptr<vfs::inode>> make_node(std::string_view, vfs::file_type, vfs::device_number,
                                          const vfs::creation&) override
    {
        return fail(errc::enoent);
    }
    result<ref_ptr<vfs::inode>> make_symlink(std::string_view, std::string_view,
                                             const vfs::creation&) override
    {
        return fail(errc::enoent);
    }

  private:
    result<ref_ptr<vfs::inode>> make(size_t index, const pattern_part& part, const numbers& below);
    bool list_names(u64& cookie, vfs::directory_sink& sink);
    void list_numbers(u64 cookie, vfs::directory_sink& sink);
    bool contains_numbers() const;

    const std::string_view _prefix; // "" or ends with /
    const bool _stable;
};

class file_system final : public vfs::file_system
{
  public:
    explicit file_system(const table& content) : _content(content) {}

    std::string_view type_name() const override { return _content.type_name; }
    vfs::inode& root() override { return *_root; }
    result<void> usage(vfs::file_system_usage& out) override
    {
        out.type_magic = _content.type_magic;
        return {};
    }
    const table& content() const { return _content; }
    result<void> make_root()
    {
        _root = TRY(make_ref<directory>(*this, 1u, std::string_view{}, numbers{}));
        return {};
    }

  private:
    const table& _content;
    ref_ptr<directory> _root;
};

class generated_file final : public node
{
  public:
    generated_file(file_system& owner, u64 number, const row& what, const numbers& which)
        : node(owner, vfs::file_type::regular, number, what.permissions, which), _row(what)
    {
    }
    result<ref_ptr<vfs::file>> open(const vfs::path& where, u32 flags) override;

    result<void> generate(text& out) const { return _row.generate(out, which()); }
    result<void> store(std::string_view written) const { return _row.store(written, which()); }

  private:
    const row& _row;
};

/// An open file with the text that its reader is going through.
class open_text final : public vfs::file
{
  public:
    open_text(const vfs::path& where, u32 flags, const generated_file& what) : file(where, flags), _what(what)
    {
    }

    result<size_t> read(io_buffer& to) override
    {
        u64 position;
        WITH_LOCK(_lock) position = _position;
        TRY(renew_at(position));
        lock_guard guard{_lock};
        const size_t moved = TRY(read_locked(_position, to));
        _position += moved;
        return moved;
    }
    result<size_t> read_at(u64 offset, io_buffer& to) override
    {
        TRY(renew_at(offset));
        lock_guard guard{_lock};
        return read_locked(offset, to);
    }
    result<size_t> write(io_buffer& from) override
    {
        std::array<char, 256> text;
        const size_t size = from.copy_in(std::as_writable_bytes(std::span(text)));
        if (size == 0 && !from.empty())
            return fail(errc::efault);
        std::string_view written(text.data(), size);
        while (!written.empty() && written.back() == '\n')
            written.remove_suffix(1);
        TRY(_what.store(written));
        return size;
    }
    result<size_t> write_at(u64, io_buffer& from) override { return write(from); }
    result<u64> seek(s64 offset, vfs::seek_origin origin) override
    {
        lock_guard guard{_lock};
        const s64 base = origin == vfs::seek_origin::start     ? 0
                         : origin == vfs::seek_origin::current ? static_cast<s64>(_position)
                                                               : -1;
        s64 target;
        if (base < 0 || __builtin_add_overflow(base, offset, &target) || target < 0)
            return fail(errc::einval);
        return _position = static_cast<u64>(target);
    }
    result<void> truncate(u64) override { return {}; } // O_TRUNC of what `echo 1 >` opens

  private:
    /// Who reads from the beginning gets the text of now. It is made without the lock: /proc/self/fdinfo asks
    /// for the position of a file, which may be this one.
    result<void> renew_at(u64 offset)
    {
        if (offset != 0 && _generated.load(std::memory_order_relaxed))
            return {};
        text fresh;
        TRY(_what.generate(fresh));
        if (fresh.out_of_memory())
            return fail(errc::enomem);
        lock_guard guard{_lock};
        std::swap(_text, fresh);
        _generated.store(true, std::memory_order_relaxed);
        return {};
    }

    result<size_t> read_locked(u64 offset, io_buffer& to) REQUIRES(_lock)
    {
        const auto all = _text.view();
        if (offset >= all.size())
            return size_t{0};
        const auto rest = all.substr(static_cast<size_t>(offset), to.remaining());
        const size_t moved = to.copy_out(std::as_bytes(std::span(rest.data(), rest.size())));
        return transferred(moved, moved < rest.size());
    }

    const generated_file& _what; // kept by the path
    mutex _lock{lock_rank::file_position};
    text _text GUARDED_BY(_lock);
    std::atomic<bool> _generated{false};
    u64 _position GUARDED_BY(_lock) = 0;
};

class symbolic_link final : public node
{
  public:
    symbolic_link(file_system& owner, u64 number, const row& what, const numbers& which)
        : node(owner, vfs::file_type::symlink, number, 0777, which), _row(what)
    {
    }
    result<vfs::link_text> read_link() override
    {
        text out;
        TRY(_row.generate(out, which()));
        const auto view = out.view();
        vfs::link_text made;
        made.storage = TRY(try_make_unique<char[]>(view.size() + 1));
        view.copy(made.storage.get(), view.size());
        made.text = {made.storage.get(), view.size()};
        return made;
    }
    result<bool> follow(vfs::path& target) override
    {
        return _row.follow ? _row.follow(target, which()) : result<bool>(false);
    }

  private:
    const row& _row;
};

/// The same place has the same number: the row it was found by, and the numbers on the way.
u64 inode_number(size_t row, size_t prefix_length, const numbers& which)
{
    u64 n = (row + 2) * 1024 + prefix_length;
    for (size_t i = 0; i < which.count; i++)
        n = n * 0x9e3779b1 + which.value[i] + 1;
    return n & 0x7fff'ffff'ffff;
}

constexpr u64 first_number_cookie = u64{1} << 32;

node::node(file_system& owner, vfs::file_type type, u64 number, u32 permissions, const numbers& which)
    : inode(owner, type, number), _tree(owner), _permissions(permissions), _which(which)
{
}

result<void> node::get_attributes(vfs::attributes& out)
{
    out.inode_number = number();
    out.mode = static_cast<u32>(type()) | _permissions;
    out.links = is_directory() ? 2 : 1;
    out.file_system = _tree.number();
    out.block_size = 1024;
    out.accessed = out.modified = out.changed = vfs::timestamp::now();
    return {};
}

result<void> node::set_attributes(const vfs::attribute_changes& changes)
{
    if (changes.size && !changes.permissions && !changes.user && !changes.group)
        return {}; // opened with O_TRUNC
    return fail(errc::eperm);
}

directory::directory(file_system& owner, u64 number, std::string_view prefix, const numbers& which)
    : node(owner, vfs::file_type::directory, number, 0555, which), _prefix(prefix),
      _stable(which.count == 0 && !contains_numbers())
{
}

bool directory::contains_numbers() const
{
    for (const auto& r : tree().content().rows)
        if (const auto part = part_after(r.pattern, _prefix); part && part->is_number())
            return true;
    return false;
}

result<ref_ptr<vfs::inode>> directory::make(size_t index, const pattern_part& part, const numbers& below)
{
    const row& r = tree().content().rows[index];
    const u64 number = inode_number(index, _prefix.size() + part.part.size(), below);
    if (!part.is_leaf) {
        const auto prefix = r.pattern.substr(0, _prefix.size() + part.part.size() + 1);
        return TRY(make_ref<directory>(tree(), number, prefix, below));
    }
    if (r.type == vfs::file_type::symlink)
        return TRY(make_ref<symbolic_link>(tree(), number, r, below));
    if (r.type == vfs::file_type::directory) // one without entries
        return TRY(make_ref<directory>(tree(), number, std::string_view("//"), below));
    return TRY(make_ref<generated_file>(tree(), number, r, below));
}

result<ref_ptr<vfs::inode>> directory::lookup(std::string_view name)
{
    const auto& content = tree().content();
    for (size_t i = 0; i < content.rows.size(); i++) {
        const auto part = part_after(content.rows[i].pattern, _prefix);
        if (!part)
            continue;
        if (part->is_number()) {
            const auto number = parse_number(name, part->letters());
            const auto* kind = number ? find_kind(content, part->kind()) : nullptr;
            if (kind && kind->exists(which(), *number))
                return make(i, *part, which().with(*number));
        } else if (part->part == name) {
            return make(i, *part, which());
        }
    }
    return fail(errc::enoent);
}

/// Entries with names of their own; returns false if the sink is full.
bool directory::list_names(u64& cookie, vfs::directory_sink& sink)
{
    const auto& rows = tree().content().rows;
    for (size_t i = cookie - vfs::first_cookie; i < rows.size(); i++) {
        const auto part = part_after(rows[i].pattern, _prefix);
        cookie = vfs::first_cookie + i + 1;
        if (!part || part->is_number() || is_repeated(tree().content(), i, _prefix, part->part))
            continue;
        const auto type = part->is_leaf ? rows[i].type : vfs::file_type::directory;
        if (!sink.add(
                {part->part, inode_number(i, _prefix.size() + part->part.size(), which()), type, cookie}))
            return false;
    }
    cookie = first_number_cookie;
    return true;
}

void directory::list_numbers(u64 cookie, vfs::directory_sink& sink)
{
    const auto& content = tree().content();
    for (size_t i = 0; i < content.rows.size(); i++) {
        const auto part = part_after(content.rows[i].pattern, _prefix);
        if (!part || !part->is_number() || is_repeated(content, i, _prefix, part->part))
            continue;
        const auto* kind = find_kind(content, part->kind());
        auto from = static_cast<u32>(cookie - first_number_cookie);
        for (u32 n; kind && kind->next(which(), from, n); from = n + 1) {
            std::array<char, 32> name;
            const size_t size = klog::format(name.data(), name.size(), "{}{}", part->letters(), n);
            const auto type = part->is_leaf ? content.rows[i].type : vfs::file_type::directory;
            const u64 id = inode_number(i, _prefix.size() + part->part.size(), which().with(n));
            if (!sink.add({{name.data(), size}, id, type, first_number_cookie + n + 1}))
                return;
        }
        return; // a directory has numbers of one kind
    }
}

result<void> directory::list(u64 cookie, vfs::directory_sink& sink)
{
    if (cookie < first_number_cookie && !list_names(cookie, sink))
        return {};
    list_numbers(cookie, sink);
    return {};
}

result<ref_ptr<vfs::file>> generated_file::open(const vfs::path& where, u32 flags)
{
    if ((flags & vfs::open_flag::access_mode) != vfs::open_flag::read_only && !_row.store)
        return fail(errc::eacces);
    return TRY(make_ref<open_text>(where, flags, *this));
}
} // namespace

result<ref_ptr<vfs::file_system>> create(const table& content)
{
    auto made = TRY(make_ref<file_system>(content));
    TRY(made->make_root());
    return made;
}
} // namespace proc
