// Telling who watches files (inotify) what happens to them.
//
// The VFS notes a change where it has succeeded; the change is told to the one listener, once for the
// directory that holds the name and once for the file itself. While nobody watches anything there is no
// listener, and a note is a load and a branch.
//
// Notes are made in thread context, with sleeping locks held but no spinlock; the listener does not sleep.
#pragma once

#include <atomic>
#include <string_view>

#include "fs/vfs/dentry.hh"

namespace vfs
{
class file;
struct attribute_changes;

/// With inotify's values, so that nobody translates (uapi/linux/inotify.h).
namespace change_event
{
inline constexpr u32 accessed = 0x1;
inline constexpr u32 modified = 0x2;
inline constexpr u32 attributes = 0x4;
inline constexpr u32 closed_writable = 0x8;
inline constexpr u32 closed_unwritable = 0x10;
inline constexpr u32 opened = 0x20;
inline constexpr u32 moved_away = 0x40; // of a directory: one of its names
inline constexpr u32 moved_here = 0x80;
inline constexpr u32 created = 0x100;
inline constexpr u32 removed = 0x200;
inline constexpr u32 gone = 0x400; // of the file itself: its last name and its last use ended
inline constexpr u32 moved = 0x800;
inline constexpr u32 is_directory = 0x4000'0000; // beside the others: the file that it is about
} // namespace change_event

struct change {
    inode& where; // the watched file, or the directory of `name`
    u32 events;
    std::string_view name = {}; // in the directory `where`; empty: it is about `where` itself
    u32 cookie = 0;             // the same for both halves of a move
    bool name_is_gone = false;
};

using change_listener = void (*)(const change&);
extern constinit std::atomic<change_listener> the_change_listener; // null while nobody watches

inline bool changes_matter()
{
    return the_change_listener.load(std::memory_order_relaxed) != nullptr;
}

// What follows is called only if changes_matter().

/// Something happened to the file behind `d`: its directory and itself are told.
void tell_change(const dentry& d, u32 events);
/// The same for an open file; one without a name concerns nobody.
void tell_change(const file& f, u32 events);
void tell_attributes(const dentry& d, const attribute_changes& changes);
/// Only the file itself is told.
void tell_itself(inode& what, u32 events);
/// Something happened to a name of a directory, which leads or led to `child`.
void tell_name(inode& directory, std::string_view name, const inode& child, u32 events, u32 cookie = 0);
/// Both halves of a move, and the moved file.
void tell_move(inode& from, std::string_view old_name, inode& to, std::string_view new_name, inode& what);
/// A removed dentry ends: if that was the file's last use, its watches end.
void tell_end(inode& what);

inline void note_change(const file& f, u32 events)
{
    if (changes_matter()) [[unlikely]]
        tell_change(f, events);
}
} // namespace vfs
