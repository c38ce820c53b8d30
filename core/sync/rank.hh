// The order in which locks may be taken: a thread that holds a lock may only take one of a higher rank.
//
// Debug builds keep the ranks that each thread (sleeping locks) and each CPU (spinlocks) holds and panic with
// both names on a violation. Two locks of one rank may be held together only where the table says so.
#pragma once

#include "core/base/types.hh"

enum class lock_rank : u8 {
    // Sleeping locks, outermost first.
    program = 10,       // linux: the program's thread list and its end
    tty = 12,           // linux: terminal settings
    epoll = 14,         // linux: one epoll set's interest list
    file_position = 20, // vfs: an open file's offset
    rename = 22,        // vfs: one rename at a time in a file system
    directory = 24,     // vfs: a directory's entries (parent before child)
    file_write = 28,    // vfs: an inode's size and writes
    pipe = 30,          // fs/pipe: one pipe's buffer
    socket = 32,        // net, linux: one direction of a socket's data; bytes are copied under it
    binding = 34,       // net: a datagram socket's addresses
    address_space = 40, // mm: the tree of areas
    page_cache = 44,    // fs/cache: one object's pages
    file_system = 46,   // a file system's own allocation state
    block_device = 48,  // a driver's submission path that may sleep
    generic_mutex = 60, // what holds nothing else

    // Spinlocks, outermost first; every one ranks after every sleeping lock.
    descriptor_table = 100, // linux: descriptors
    program_timer = 102,    // linux: a POSIX or interval timer's setting
    signal = 104,           // linux: pending signals and actions
    futex_bucket = 108,     // linux: one bucket of waiters
    inheritance = 109,      // linux: who waits for which owner of a PI futex
    connection = 110,       // net: one socket's protocol state
    accept_queue = 111,     // net: a listener's connections
    socket_table = 112,     // net: one shard of the demultiplexing tables
    network = 113,          // net: routes, neighbours, reassembly, groups
    watches = 114,          // linux: inotify's watches and queues
    device = 116,           // drivers: a device's registers or ring
    virtqueue = 118,
    cache_index = 120,  // fs: the path cache's and page cache's indexes
    reclaim = 122,      // mm: lists of pages that may be given back
    wait_queue = 130,   // sched: waiters of one event
    run_queue = 140,    // sched: one CPU's runnable threads (lower CPU number first)
    timer_queue = 142,  // time: one CPU's timers; the scheduler arms the slice under its run queue
    kernel_areas = 144, // mm: kernel virtual address space
    heap = 150,
    frames = 154,
    log = 160,
};

/// The rank that a lock of a debug build remembers. In others it is nothing, so that a lock at rest is all
/// zeros and tables of locks take no room in the kernel's file.
struct remembered_rank {
#ifdef KILN_DEBUG
    constexpr remembered_rank(lock_rank rank) : value(rank) {}
    lock_rank value;
#else
    constexpr remembered_rank(lock_rank) {}
#endif
};
