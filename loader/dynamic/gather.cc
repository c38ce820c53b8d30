// Finding, mapping and reading the libraries that a program or a library names.
#include "fs/vfs/lookup.hh"
#include "loader/dynamic/library_names.hh"
#include "loader/dynamic/link.hh"
#include "loader/dynamic/search.hh"

namespace linker
{
namespace
{
constexpr size_t most_libraries = 1024;

/// The name as a person would look for it: without folders.
std::string_view last_part(std::string_view path)
{
    return path.substr(path.rfind('/') + 1);
}
} // namespace

void linked_program::unmap(const library& l)
{
    if (!l.is_mapped)
        return;
    const auto& layout = l.file.layout();
    (void)_space.unmap(virt_addr(l.mapping.bias + layout.lowest), layout.highest - layout.lowest);
}

/// After a failure the library is in the list, for roll_back().
result<library*> linked_program::add(elf::file file, const elf::mapping* where, std::string_view name)
{
    if (_libraries.size() >= most_libraries) {
        _why->set("{}: {}", name, describe(defect::too_many_libraries));
        return fail(errc::enoexec);
    }
    TRY(_libraries.push(TRY(try_make_unique<library>(std::move(file)))));
    library& added = *_libraries[_libraries.size() - 1];
    if (where)
        added.mapping = *where;
    else if (const auto mapped = elf::map(_space, added.file, elf::placement::library))
        added.mapping = *mapped;
    else {
        _why->set("{}: cannot be mapped (error {})", name, mapped.error());
        return fail(mapped.error());
    }
    added.is_mapped = true;
    defect wrong = defect::none;
    if (const auto read = added.read(name, &wrong); !read) {
        if (wrong != defect::none)
            _why->set("{}: {}", name, describe(wrong));
        return fail(read.error());
    }
    return &added;
}

result<library*> linked_program::load(vfs::path where, std::string_view name)
{
    elf::defect wrong;
    auto file = elf::file::open(std::move(where), &wrong);
    if (!file) {
        if (wrong != elf::defect::none)
            _why->set("{}: {}", name, elf::describe(wrong));
        else
            _why->set("{}: cannot be read (error {})", name, file.error());
        return fail(file.error());
    }
    return add(std::move(*file), nullptr, name);
}

result<library*> linked_program::load_builtin(const vfs::path& base)
{
    auto where = vfs::resolve(base, builtin_library);
    if (!where) {
        _why->set("the built-in C library, {}, is not in the image", builtin_library);
        return fail(errc::enoent);
    }
    return _builtin = TRY(load(std::move(*where), builtin_library));
}

library* linked_program::find(std::string_view name)
{
    if (is_replaced(name))
        return _builtin;
    for (const auto& l : _libraries.all())
        if (l->linked.soname() == name || l->name() == name ||
            (l->was_searched && last_part(l->name()) == name))
            return l.get();
    return nullptr;
}

/// Null if it is not there and shall not be loaded.
result<library*> linked_program::find_or_load(std::string_view name, library& user, const vfs::path& base,
                                              if_missing missing)
{
    if (library* const l = find(name))
        return l;
    if (is_replaced(name))
        return load_builtin(base);
    auto found = find_library(name, user, base, _library_path.get());
    if (!found) {
        _why->set("{}: needs the library {}, which is not in the image", user.name(), name);
        return fail(found.error());
    }
    const auto same = std::ranges::find_if(_libraries.all(), [&](const auto& l) {
        return &l->file.where().inode() == &(*found)->where.inode();
    });
    if (same != _libraries.all().end())
        return same->get();
    if (missing == if_missing::leave)
        return nullptr;
    const std::string_view path((*found)->name.data(), (*found)->name_size);
    library* const l = TRY(load(std::move((*found)->where), path));
    l->loaded_by = &user;
    l->was_searched = name.find('/') == std::string_view::npos;
    return l;
}

/// What the libraries from this one on need, breadth first.
result<void> linked_program::gather_from(size_t first, const vfs::path& base)
{
    for (size_t i = first; i < _libraries.size(); i++) {
        library& user = *_libraries[i];
        errc failed{};
        // Under `_lock`, which clang does not see through for_each_needed().
        user.linked.for_each_needed([&](std::string_view needed) NO_THREAD_SAFETY_ANALYSIS {
            if (failed != errc{})
                return;
            const auto found = find_or_load(needed, user, base);
            const auto noted = found ? user.needed.push(*found) : result<void>(fail(found.error()));
            if (!noted)
                failed = noted.error();
        });
        if (failed != errc{})
            return fail(failed);
    }
    return {};
}
} // namespace linker
