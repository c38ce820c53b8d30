#include "fs/vfs/changes.hh"

#include "fs/vfs/file.hh"
#include "fs/vfs/path_cache.hh"

namespace vfs
{
constinit std::atomic<change_listener> the_change_listener{nullptr};

namespace
{
void tell(const change& what)
{
    if (const auto listener = the_change_listener.load(std::memory_order_relaxed))
        listener(what);
}

u32 kind_of(const inode& what)
{
    return what.is_directory() ? change_event::is_directory : 0;
}
} // namespace

void tell_change(const dentry& d, u32 events)
{
    constexpr size_t name_limit = 255;
    auto& what = *d.inode();
    events |= kind_of(what);
    char name[name_limit];
    size_t length = 0;
    ref_ptr<dentry> directory;
    path_cache::with_name(d, [&](dentry* parent, std::string_view text) {
        if (!parent)
            return; // the root of a file system
        directory = ref_ptr<dentry>(*parent);
        length = text.copy(name, sizeof name);
    });
    if (directory)
        tell({*directory->inode(), events, {name, length}, 0, d.deleted()});
    tell({what, events});
}

void tell_change(const file& f, u32 events)
{
    if (f.where() && !f.path_only())
        tell_change(f.where().entry(), events);
}

void tell_attributes(const dentry& d, const attribute_changes& changes)
{
    // As Linux's fsnotify_change(): one time alone counts as what usually changes it.
    u32 events = changes.permissions || changes.user || changes.group ? change_event::attributes : 0;
    if (changes.size)
        events |= change_event::modified;
    if (changes.accessed && changes.modified)
        events |= change_event::attributes;
    else if (changes.accessed)
        events |= change_event::accessed;
    else if (changes.modified)
        events |= change_event::modified;
    if (events)
        tell_change(d, events);
}

void tell_itself(inode& what, u32 events)
{
    tell({what, events | kind_of(what)});
}

void tell_name(inode& directory, std::string_view name, const inode& child, u32 events, u32 cookie)
{
    tell({directory, events | kind_of(child), name, cookie});
}

void tell_move(inode& from, std::string_view old_name, inode& to, std::string_view new_name, inode& what)
{
    static constinit std::atomic<u32> moves{0};
    u32 cookie = ++moves;
    if (cookie == 0) // says that there is none
        cookie = ++moves;
    tell_name(from, old_name, what, change_event::moved_away, cookie);
    tell_name(to, new_name, what, change_event::moved_here, cookie);
    tell_itself(what, change_event::moved);
}

void tell_end(inode& what)
{
    attributes now;
    if (what.get_attributes(now) && now.links == 0)
        tell({what, change_event::gone});
}
} // namespace vfs
