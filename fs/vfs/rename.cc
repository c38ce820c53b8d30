// rename(2) and renameat2(2): two names, up to two directories, one at a time in the whole tree.
//
// The rename mutex keeps the shape of the tree still, so that "is the target below the source" stays true
// until the move is done. Directories are locked ancestor first, unrelated ones by address; then what is
// replaced, if it is a directory.
#include <utility>

#include "fs/vfs/changes.hh"
#include "fs/vfs/lookup.hh"
#include "fs/vfs/path_cache.hh"
#include "fs/vfs/walker.hh"

namespace vfs
{
namespace
{
constinit mutex rename_lock{lock_rank::rename};

class SCOPED_CAPABILITY directory_pair_guard
{
  public:
    directory_pair_guard(dentry& a, dentry& b) NO_THREAD_SAFETY_ANALYSIS : _first(a.inode()->lock()),
                                                                           _second(b.inode()->lock())
    {
        const bool swap = a.inode() != b.inode() &&
                          (path_cache::is_below(a, b) || (!path_cache::is_below(b, a) && &b < &a));
        (swap ? _second : _first).lock();
        if (a.inode() != b.inode())
            (swap ? _first : _second).lock();
    }
    ~directory_pair_guard() NO_THREAD_SAFETY_ANALYSIS
    {
        _first.unlock();
        if (&_first != &_second)
            _second.unlock();
    }
    directory_pair_guard(const directory_pair_guard&) = delete;
    directory_pair_guard& operator=(const directory_pair_guard&) = delete;

  private:
    mutex& _first;
    mutex& _second;
};

/// The two ends of a rename, found with both directories locked.
struct rename_ends {
    ref_ptr<dentry> source;
    ref_ptr<dentry> target;
};

result<void> check_ends(const rename_ends& ends, const walker& from, const walker& to, u32 flags)
{
    const auto& source = *ends.source;
    const auto& target = *ends.target;
    const bool exchange = flags & rename_flag::exchange;
    if (source.is_negative())
        return fail(errc::enoent);
    if ((flags & rename_flag::no_replace) && !target.is_negative())
        return fail(errc::eexist);
    if (exchange && target.is_negative())
        return fail(errc::enoent);
    if (exchange && to.trailing_slash() && !target.inode()->is_directory())
        return fail(errc::enotdir);
    if (!source.inode()->is_directory() && (from.trailing_slash() || (!exchange && to.trailing_slash())))
        return fail(errc::enotdir);
    if (path_cache::is_below(to.directory(), source))
        return fail(errc::einval);
    if (path_cache::is_below(from.directory(), target))
        return fail(exchange ? errc::einval : errc::enotempty);
    if (source.mounted() || target.mounted())
        return fail(errc::ebusy);
    if (!target.is_negative() && !exchange && target.inode() != source.inode()) {
        if (source.inode()->is_directory() && !target.inode()->is_directory())
            return fail(errc::enotdir);
        if (!source.inode()->is_directory() && target.inode()->is_directory())
            return fail(errc::eisdir);
    }
    return {};
}

void tell_of_rename(const rename_ends& ends, const walker& from, const walker& to, u32 flags)
{
    auto& old_parent = *from.directory().inode();
    auto& new_parent = *to.directory().inode();
    auto& source = *ends.source->inode();
    auto* const target = ends.target->inode();
    tell_move(old_parent, from.last_name(), new_parent, to.last_name(), source);
    if (flags & rename_flag::exchange)
        tell_move(new_parent, to.last_name(), old_parent, from.last_name(), *target);
    else if (target)
        tell_itself(*target, change_event::attributes); // its link count
}

result<void> move(rename_ends& ends, const walker& from, const walker& to,
                  u32 flags) NO_THREAD_SAFETY_ANALYSIS
{
    auto& source = *ends.source;
    auto& target = *ends.target;
    auto& old_parent = *from.directory().inode();
    auto& new_parent = *to.directory().inode();
    if (source.inode() == target.inode())
        return {}; // two names of one file: nothing happens
    auto* const replaced = target.inode();
    const bool empties = replaced && replaced->is_directory() && !(flags & rename_flag::exchange);
    if (empties)
        replaced->lock().lock();
    const auto moved =
        old_parent.rename(from.last_name(), *source.inode(), new_parent, to.last_name(), replaced, flags);
    if (empties)
        replaced->lock().unlock();
    if (!moved)
        return moved;
    if (changes_matter())
        tell_of_rename(ends, from, to, flags);
    if (flags & rename_flag::exchange) {
        path_cache::exchange(source, target);
        return {};
    }
    if (replaced)
        path_cache::remove(target);
    else
        path_cache::forget(to.directory(), to.last_name());
    if (!path_cache::rename(source, to.directory(), to.last_name()))
        path_cache::remove(
            source); // found again by name at the next look-up; only its open files lose their path
    return {};
}
} // namespace

result<void> rename(const path& old_base, std::string_view old_name, const path& new_base,
                    std::string_view new_name, u32 flags)
{
    constexpr u32 known = rename_flag::no_replace | rename_flag::exchange;
    if ((flags & ~known) || flags == known)
        return fail(errc::einval);
    TRY(walker::check(old_name));
    TRY(walker::check(new_name));
    walker from(old_base, old_name), to(new_base, new_name);
    TRY(from.to_last());
    TRY(to.to_last());
    if (&from.directory().in() != &to.directory().in())
        return fail(errc::exdev);
    if (from.last_kind() != walker::component::name)
        return fail(errc::ebusy);
    if (to.last_kind() != walker::component::name)
        return fail(flags & rename_flag::no_replace ? errc::eexist : errc::ebusy);
    if (from.directory().in().read_only())
        return fail(errc::erofs);

    rename_ends ends; // outlives the locks
    lock_guard rename_guard{rename_lock};
    directory_pair_guard directories(from.directory(), to.directory());
    const auto find = [](const walker& w) NO_THREAD_SAFETY_ANALYSIS {
        return walker::find_child_locked(w.directory(), *w.directory().inode(), w.last_name());
    };
    ends.source = TRY(find(from));
    ends.target = TRY(find(to));
    TRY(check_ends(ends, from, to, flags));
    if (to.directory().deleted())
        return fail(errc::enoent);
    return move(ends, from, to, flags);
}
} // namespace vfs
