// Files in flight (SCM_RIGHTS, unix(7)), and what keeps them from flying for ever.
//
// A message holds a reference to each file that it carries. A unix socket that lies in its own receive queue,
// or in a circle of such queues, and that no program has open, would never go away. So every unix socket
// counts the references that messages hold; one whose references are all of that kind is suspected, and a
// collection looks which of the suspects can be reached from a socket that is none: the others are garbage,
// and their messages lose their files. It runs when a unix socket ends while others are in flight, and when
// many have been sent.
//
// Locking: one mutex, for the counts and for the whole of a collection. A message that is on its way between
// queue and program lies in no queue but is counted, so it makes what it carries look reachable, never the
// other way. Files are released without the lock, one after the other, whoever drops them: a chain of sockets
// each in the other's queue must not become a recursion.
#pragma once

#include <span>

#include "core/base/make_unique.hh"
#include "core/base/ref_ptr.hh"
#include "fs/vfs/file.hh"
#include "linux/abi/socket.hh"

namespace linux
{
class unix_file;

struct passed_files {
    unique_ptr<ref_ptr<vfs::file>[]> files;
    size_t count = 0;
    passed_files* next = nullptr; // among those to be released

    std::span<ref_ptr<vfs::file>> all() { return {files.get(), count}; }
};

/// What a collection knows of a unix socket; all under its lock.
struct flight_state {
    unix_file* next = nullptr; // of those with flights
    unix_file* previous = nullptr;
    unsigned flights = 0;
    unsigned unexplained = 0; // references that were not found in a suspect's queue
    bool suspected = false;
};

/// Descriptors of the running program, at most scm_max_fd. Errors: ebadf, enomem.
result<unique_ptr<passed_files>> take_files(std::span<const int> wanted);
/// The same files once more, not in flight (MSG_PEEK). Errors: enomem.
result<unique_ptr<passed_files>> copy_files(passed_files& files);

/// From now on until end_flight() a message holds them.
void begin_flight(passed_files& files);
void end_flight(passed_files& files);

/// Releases files that are not in flight, perhaps later by another thread that is doing so already.
void release(unique_ptr<passed_files> files);

/// Finds and frees circles of sockets in flight. Nothing to do: a few instructions.
void collect_sockets_in_flight();
} // namespace linux
