// Opening a library after the program's start: dlopen(3), the part that needs files, memory and relocations.
#include "loader/dynamic/link.hh"
#include "loader/dynamic/startup_block.hh"

namespace linker
{
namespace
{
/// The library and what it needs, breadth first: where dlsym looks, and its own symbols behind the global
/// ones.
result<void> collect(library& root, growing_array<library*>& group)
{
    TRY(group.push(&root));
    for (size_t i = 0; i < group.size(); i++)
        for (library* const needed : group[i]->needed.all())
            if (std::ranges::find(group.all(), needed) == group.all().end())
                TRY(group.push(needed));
    return {};
}
} // namespace

/// Who asks decides where a name is looked for. Code outside of all objects counts as the program's.
library& linked_program::caller_of(u64 address)
{
    for (const auto& l : _libraries.all())
        if (l->linked.holds(address - l->linked.bias, 1))
            return *l;
    return *_libraries[0];
}

/// Null where it may only be found and is not there.
result<library*> linked_program::find_root(const request& what)
{
    if (what.name.empty())
        return _libraries[0].get();
    const size_t before = _libraries.size();
    const auto missing = what.mode & startup::open_if_loaded ? if_missing::leave : if_missing::load;
    const auto root = find_or_load(what.name, caller_of(what.caller), what.base, missing);
    if (!root && root.error() == errc::enoent && _libraries.size() == before)
        _why->set("{}: cannot open shared object file: No such file or directory", what.name);
    return root;
}

result<void> linked_program::make_global(std::span<library* const> group)
{
    for (library* const l : group)
        if (std::ranges::find(_global.all(), &l->linked) == _global.all().end())
            TRY(_global.push(&l->linked));
    return {};
}

/// All that a root brings with it; `first` is where its new libraries begin.
result<startup::opened> linked_program::bring(library& root, size_t first, u32 mode)
{
    growing_array<library*> group;
    TRY(collect(root, group));
    growing_array<const object*> scope;
    const auto add_group = [&]() -> result<void> {
        for (const library* l : group.all())
            TRY(scope.push(&l->linked));
        return {};
    };
    if (mode & startup::open_own_symbols_first)
        TRY(add_group());
    for (const object* o : _global.all())
        TRY(scope.push(o));
    TRY(add_group());
    if (mode & startup::open_global)
        TRY(make_global(group.all()));
    startup::opened result{};
    if (first < _libraries.size() || !root.group_address)
        result.added = TRY(complete(first, scope.all(), group.all()));
    result.object = root.object_address;
    result.group = root.group_address;
    return result;
}

result<startup::opened> linked_program::open_locked(const request& what)
{
    const size_t first = _libraries.size();
    library* const root = TRY(find_root(what));
    if (!root)
        return startup::opened{};
    TRY(gather_from(first, what.base));
    return bring(*root, first, what.mode);
}

result<startup::opened> linked_program::open(const request& what, loader::explanation& why)
{
    lock_guard guard{_lock};
    if (!_builtin)
        return fail(errc::enosys);
    _why = &why;
    const mark before{_libraries.size(), _global.size(), _tls};
    _last_block = {};
    auto opened = open_locked(what);
    _may_undo = opened && _libraries.size() > before.libraries;
    if (_may_undo)
        _before_open = before;
    if (!opened)
        roll_back(before);
    return opened;
}

result<void> linked_program::undo()
{
    lock_guard guard{_lock};
    if (!_may_undo)
        return fail(errc::einval);
    _may_undo = false;
    roll_back(_before_open);
    return {};
}

void linked_program::roll_back(const mark& to)
{
    for (const auto& l : _libraries.from(to.libraries))
        unmap(*l);
    if (_last_block.length)
        (void)_space.unmap(_last_block.start, align_up(_last_block.length, page_size));
    _last_block = {};
    _global.truncate(to.globals);
    _libraries.truncate(to.libraries);
    _tls = to.tls;
}
} // namespace linker
