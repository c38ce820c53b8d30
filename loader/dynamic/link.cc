#include "loader/dynamic/link.hh"

#include "loader/dynamic/library_names.hh"
#include "loader/dynamic/startup_block.hh"
#include "loader/dynamic/user_memory.hh"

namespace linker
{
namespace
{
constexpr size_t deepest_dependency = 64; // of constructors: the kernel's stack is finite

/// Puts what a library needs in front of it. A cycle is entered anywhere; deep chains are cut, not followed.
result<void> order(library& first, growing_array<library*>& into)
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
            TRY(into.push(s.at));
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
} // namespace

result<unique_ptr<linked_program>> linked_program::create(mm::address_space& space,
                                                          std::string_view library_path)
{
    auto program = unique_ptr<linked_program>(new (std::nothrow) linked_program(space));
    if (!program)
        return fail(errc::enomem);
    program->_library_path = TRY(try_make_unique<char[]>(library_path.size() + 1));
    library_path.copy(program->_library_path.get(), library_path.size());
    return program;
}

result<u64> linked_program::builtin_symbol(std::string_view name, size_t size)
{
    const object& o = _builtin->linked;
    const auto s = o.find({name, gnu_hash(name), nullptr});
    if (!s || !o.holds(s->value, size)) {
        _why->set("{}: is not the built-in C library of this kernel: it has no {}", builtin_library, name);
        return fail(errc::enoexec);
    }
    return o.bias + s->value;
}

bool linked_program::is_replaced_function(std::string_view name)
{
    const definition d = find_in(_global.all(), name, nullptr);
    return d.where && d.where != &_builtin->linked;
}

/// The last first: at the start that is libraries before the program.
result<void> linked_program::relocate_from(size_t first, std::span<const object* const> scope,
                                           user_memory& memory)
{
    const descriptor_functions functions{TRY(builtin_symbol("__kiln_tls_descriptor", 1)),
                                         TRY(builtin_symbol("__kiln_tls_descriptor_by_module", 1))};
    for (size_t i = _libraries.size(); i-- > first;) {
        const library& l = *_libraries[i];
        const failure_report failed = relocate(l.linked, scope, memory, functions);
        if (failed.what == defect::unresolved_symbol)
            _why->set("{}: needs the symbol {}{}{}, which neither the built-in C library nor another one has",
                      l.name(), failed.symbol, failed.version.empty() ? "" : "@", failed.version);
        else if (failed.what != defect::none)
            _why->set("{}: {}", l.name(), describe(failed.what));
        if (failed.what != defect::none)
            return fail(failed.what == defect::not_written ? errc::enomem : errc::enoexec);
    }
    return {};
}

/// All after gathering, for the libraries from `first` on.
result<startup::link> linked_program::complete(size_t first, std::span<const object* const> scope,
                                               std::span<library* const> group)
{
    const auto added = _libraries.from(first);
    const u64 modules_before = _tls.modules;
    for (const auto& l : added)
        _tls.add(l->linked);
    if (group.empty())
        _tls.start();
    user_memory memory;
    TRY(relocate_from(first, scope, memory));
    growing_array<library*> construction;
    for (const auto& l : added)
        if (!l->ordered)
            TRY(order(*l, construction));
    const block_content content{added, construction.all(), group, modules_before, _tls};
    startup_block block(content);
    auto left = block.leave(_space, memory);
    _last_block = {block.place, block.length};
    return left;
}

result<virt_addr> linked_program::link(const elf::file& program, const elf::mapping& where,
                                       std::string_view name, const vfs::path& base, loader::explanation& why)
{
    lock_guard guard{_lock};
    _why = &why;
    elf::defect wrong;
    auto again = TRY(elf::file::open(program.where(), &wrong)); // the caller keeps its own
    TRY(add(std::move(again), &where, name));
    TRY(gather_from(0, base));
    if (!_builtin) // a program that names no C library still starts through it
        TRY(load_builtin(base));
    for (const auto& l : _libraries.all())
        TRY(_global.push(&l->linked));
    auto link = TRY(complete(0, _global.all(), {}));
    link.entry = where.entry.value;
    link.malloc_replaced = is_replaced_function("malloc");
    link.aligned_alloc_replaced = is_replaced_function("aligned_alloc");
    const u64 place = TRY(builtin_symbol(startup::link_symbol, sizeof link));
    TRY(mm::copy_to_user(virt_addr(place), &link, sizeof link));
    return _builtin->mapping.entry;
}
} // namespace linker
