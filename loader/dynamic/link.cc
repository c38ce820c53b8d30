#include "loader/dynamic/link.hh"

#include "fs/vfs/lookup.hh"
#include "loader/dynamic/library_names.hh"
#include "loader/dynamic/search.hh"
#include "loader/dynamic/startup_block.hh"
#include "loader/dynamic/tls_layout.hh"
#include "loader/dynamic/user_memory.hh"

namespace linker
{
namespace
{
constexpr size_t most_libraries = 1024;
constexpr size_t deepest_dependency = 64; // of constructors: the kernel's stack is finite

/// The name as a person would look for it: without folders.
std::string_view last_part(std::string_view path)
{
    return path.substr(path.rfind('/') + 1);
}
} // namespace

result<library*> linked_program::add(elf::file file, const elf::mapping* where, std::string_view name)
{
    if (_libraries.size() >= most_libraries) {
        _why.set("{}: {}", name, describe(defect::too_many_libraries));
        return fail(errc::enoexec);
    }
    elf::mapping mapped;
    if (where)
        mapped = *where;
    else if (const auto m = elf::map(_space, file, elf::placement::library))
        mapped = *m;
    else {
        _why.set("{}: cannot be mapped (error {})", name, m.error());
        return fail(m.error());
    }
    auto created = TRY(try_make_unique<library>(std::move(file), mapped));
    defect wrong = defect::none;
    if (const auto read = created->read(name, &wrong); !read) {
        if (wrong != defect::none)
            _why.set("{}: {}", name, describe(wrong));
        return fail(read.error());
    }
    library* const added = created.get();
    TRY(_libraries.push(std::move(created)));
    TRY(_scope.push(&added->linked));
    return added;
}

result<library*> linked_program::load(vfs::path where, std::string_view name)
{
    elf::defect wrong;
    auto file = elf::file::open(std::move(where), &wrong);
    if (!file) {
        if (wrong != elf::defect::none)
            _why.set("{}: {}", name, elf::describe(wrong));
        else
            _why.set("{}: cannot be read (error {})", name, file.error());
        return fail(file.error());
    }
    return add(std::move(*file), nullptr, name);
}

result<library*> linked_program::find_or_load(std::string_view name, library& user)
{
    if (is_replaced(name)) {
        if (_builtin)
            return _builtin;
        auto where = vfs::resolve(_base, builtin_library);
        if (!where) {
            _why.set("{}: the built-in C library, {}, is not in the image", user.name(), builtin_library);
            return fail(errc::enoent);
        }
        return _builtin = TRY(load(std::move(*where), builtin_library));
    }
    for (const auto& l : _libraries.all())
        if (l->linked.soname() == name || l->name() == name || last_part(l->name()) == name)
            return l.get();
    auto found = find_library(name, user, _base, _library_path);
    if (!found) {
        _why.set("{}: needs the library {}, which is not in the image", user.name(), name);
        return fail(found.error());
    }
    const std::string_view path((*found)->name.data(), (*found)->name_size);
    library* const l = TRY(load(std::move((*found)->where), path));
    l->loaded_by = &user;
    return l;
}

result<void> linked_program::gather(const elf::file& program, const elf::mapping& where,
                                    std::string_view name)
{
    elf::defect wrong;
    auto again = TRY(elf::file::open(program.where(), &wrong)); // the caller keeps its own
    TRY(add(std::move(again), &where, name));
    for (size_t i = 0; i < _libraries.size(); i++) {
        library& user = *_libraries[i];
        errc failed{};
        user.linked.for_each_needed([&](std::string_view needed) {
            if (failed != errc{})
                return;
            const auto found = find_or_load(needed, user);
            const auto noted = found ? user.needed.push(*found) : result<void>(fail(found.error()));
            if (!noted)
                failed = noted.error();
        });
        if (failed != errc{})
            return fail(failed);
    }
    if (!_builtin) // a program that names no C library still starts through it
        TRY(find_or_load("libc.so", *_libraries[0]));
    return {};
}

/// Puts what a library needs in front of it. A cycle is entered anywhere; deep chains are cut, not followed.
result<void> linked_program::order(library& first)
{
    struct step {
        library* at;
        size_t next;
    };
    std::array<step, deepest_dependency> way;
    size_t depth = 0;
    first.ordered = true;
    way[depth++] = {&first, 0};
    while (depth) {
        step& s = way[depth - 1];
        if (s.next == s.at->needed.size() || depth == way.size()) {
            TRY(_construction.push(s.at));
            depth--;
            continue;
        }
        library* const needed = s.at->needed[s.next++];
        if (!needed->ordered) {
            needed->ordered = true;
            way[depth++] = {needed, 0};
        }
    }
    return {};
}

result<u64> linked_program::library_symbol(std::string_view name, size_t size)
{
    const object& o = _builtin->linked;
    const auto s = o.find({name, gnu_hash(name), nullptr});
    if (!s || !o.holds(s->value, size)) {
        _why.set("{}: is not the built-in C library of this kernel: it has no {}", builtin_library, name);
        return fail(errc::enoexec);
    }
    return o.bias + s->value;
}

bool linked_program::is_replaced_function(std::string_view name) const
{
    const definition d = find_in(_scope.all(), name, nullptr);
    return d.where && d.where != &_builtin->linked;
}

result<virt_addr> linked_program::link(const elf::file& program, const elf::mapping& where,
                                       std::string_view name)
{
    TRY(gather(program, where, name));
    tls_layout tls;
    for (const auto& l : _libraries.all())
        tls.add(l->linked);
    const u64 descriptor_function = TRY(library_symbol("__kiln_tls_descriptor", 1));

    user_memory memory;
    const auto all = _libraries.all();
    for (size_t i = all.size(); i-- > 0;) {
        const failure_report failed = relocate(all[i]->linked, _scope.all(), memory, descriptor_function);
        if (failed.what == defect::unresolved_symbol)
            _why.set("{}: needs the symbol {}{}{}, which neither the built-in C library nor another one has",
                     all[i]->name(), failed.symbol, failed.version.empty() ? "" : "@", failed.version);
        else if (failed.what != defect::none)
            _why.set("{}: {}", all[i]->name(), describe(failed.what));
        if (failed.what != defect::none)
            return fail(failed.what == defect::not_written ? errc::enomem : errc::enoexec);
    }
    for (const auto& l : all)
        if (!l->ordered)
            TRY(order(*l));

    startup_block block(all, _construction.all(), tls);
    auto link = TRY(block.leave(_space, memory));
    link.entry = where.entry.value;
    link.malloc_replaced = is_replaced_function("malloc");
    link.aligned_alloc_replaced = is_replaced_function("aligned_alloc");
    const u64 place = TRY(library_symbol(startup::link_symbol, sizeof link));
    TRY(mm::copy_to_user(virt_addr(place), &link, sizeof link));
    return _builtin->mapping.entry;
}
} // namespace linker
