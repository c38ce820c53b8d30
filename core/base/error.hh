// The error values of the whole kernel: Linux's numbers, so that the Linux interface only changes the sign.
// Source: errno(3), asm-generic/errno.h. Only linux/ and libc/ turn them into return values.
#pragma once

enum class errc : int {
    // clang-format off
    eperm = 1, enoent = 2, esrch = 3, eintr = 4, eio = 5, enxio = 6, e2big = 7, enoexec = 8, ebadf = 9,
    echild = 10, eagain = 11, enomem = 12, eacces = 13, efault = 14, enotblk = 15, ebusy = 16, eexist = 17,
    exdev = 18, enodev = 19, enotdir = 20, eisdir = 21, einval = 22, enfile = 23, emfile = 24, enotty = 25,
    etxtbsy = 26, efbig = 27, enospc = 28, espipe = 29, erofs = 30, emlink = 31, epipe = 32, edom = 33,
    erange = 34, edeadlk = 35, enametoolong = 36, enolck = 37, enosys = 38, enotempty = 39, eloop = 40,
    enodata = 61, etime = 62, enonet = 64, eproto = 71, ebadmsg = 74, eoverflow = 75, eilseq = 84, enotsock = 88,
    edestaddrreq = 89, emsgsize = 90, eprototype = 91, enoprotoopt = 92, eprotonosupport = 93,
    esocktnosupport = 94, eopnotsupp = 95, epfnosupport = 96, eafnosupport = 97, eaddrinuse = 98,
    eaddrnotavail = 99, enetdown = 100, enetunreach = 101, econnaborted = 103, econnreset = 104,
    enobufs = 105, eisconn = 106, enotconn = 107, etimedout = 110, econnrefused = 111, ehostdown = 112,
    ehostunreach = 113,
    ealready = 114, einprogress = 115, ecanceled = 125, eownerdead = 130, enotrecoverable = 131,

    // Never seen by a program: the system call is to be run again or to end with EINTR, as the signal's
    // action says (linux/signal decides).
    erestartsys = 512,        // restart if SA_RESTART or no handler ran
    erestartnointr = 513,     // always restart
    erestartnohand = 514,     // restart only if no handler ran
    erestart_restartblock = 516, // restart by restart_syscall with the remaining time
};
// clang-format on
