// System calls on files and descriptors. Behaviour and errors: the manual page of each; numbers in
// linux/syscall.
//
// Handlers decode their arguments (linux/files/arguments.hh) and hand over to fs/vfs. What ends with eintr
// comes back as a restart code (linux/syscall/restart.hh).
#pragma once

#include "core/base/result.hh"
#include "core/mm/user_access.hh"
#include "linux/abi/fcntl.hh"
#include "linux/abi/stat.hh"
#include "linux/abi/time.hh"
#include "linux/abi/types.hh"

namespace linux
{
using mm::user_ptr;
using user_string = user_ptr<const char>;

// open.cc
result<int> sys_open(user_string name, u32 flags, u32 mode);
result<int> sys_openat(int base, user_string name, u32 flags, u32 mode);
result<int> sys_openat2(int base, user_string name, virt_addr how, size_t size);
result<int> sys_creat(user_string name, u32 mode);

// descriptors.cc
result<void> sys_close(int descriptor);
result<void> sys_close_range(u32 first, u32 last, u32 flags);
result<int> sys_dup(int descriptor);
result<int> sys_dup2(int descriptor, int target);
result<int> sys_dup3(int descriptor, int target, u32 flags);
result<s64> sys_fcntl(int descriptor, u32 command, u64 argument);
result<void> sys_flock(int descriptor, u32 operation);

// read_write.cc
result<size_t> sys_read(int descriptor, virt_addr buffer, size_t bytes);
result<size_t> sys_write(int descriptor, virt_addr buffer, size_t bytes);
result<size_t> sys_pread64(int descriptor, virt_addr buffer, size_t bytes, s64 offset);
result<size_t> sys_pwrite64(int descriptor, virt_addr buffer, size_t bytes, s64 offset);
result<size_t> sys_readv(int descriptor, user_ptr<const iovec> segments, size_t count);
result<size_t> sys_writev(int descriptor, user_ptr<const iovec> segments, size_t count);
result<size_t> sys_preadv(int descriptor, user_ptr<const iovec> segments, size_t count, u64 low, u64 high);
result<size_t> sys_pwritev(int descriptor, user_ptr<const iovec> segments, size_t count, u64 low, u64 high);
result<size_t> sys_preadv2(int descriptor, user_ptr<const iovec> segments, size_t count, u64 low, u64 high,
                           u32 flags);
result<size_t> sys_pwritev2(int descriptor, user_ptr<const iovec> segments, size_t count, u64 low, u64 high,
                            u32 flags);
result<u64> sys_lseek(int descriptor, s64 offset, u32 origin);

// copy.cc
result<size_t> sys_sendfile(int out, int in, user_ptr<s64> offset, size_t bytes);
result<size_t> sys_copy_file_range(int in, user_ptr<s64> in_offset, int out, user_ptr<s64> out_offset,
                                   size_t bytes, u32 flags);
result<size_t> sys_splice(int in, user_ptr<s64> in_offset, int out, user_ptr<s64> out_offset, size_t bytes,
                          u32 flags);
result<size_t> sys_tee(int in, int out, size_t bytes, u32 flags);

// status.cc
result<void> sys_stat(user_string name, user_ptr<stat> out);
result<void> sys_lstat(user_string name, user_ptr<stat> out);
result<void> sys_fstat(int descriptor, user_ptr<stat> out);
result<void> sys_newfstatat(int base, user_string name, user_ptr<stat> out, u32 flags);
result<void> sys_statx(int base, user_string name, u32 flags, u32 mask, user_ptr<statx> out);
result<void> sys_statfs(user_string name, user_ptr<statfs> out);
result<void> sys_fstatfs(int descriptor, user_ptr<statfs> out);
result<void> sys_access(user_string name, u32 mode);
result<void> sys_faccessat(int base, user_string name, u32 mode);
result<void> sys_faccessat2(int base, user_string name, u32 mode, u32 flags);

// directories.cc
result<size_t> sys_getdents(int descriptor, virt_addr buffer, u32 bytes);
result<size_t> sys_getdents64(int descriptor, virt_addr buffer, u32 bytes);
result<size_t> sys_getcwd(user_ptr<char> buffer, size_t bytes);
result<void> sys_chdir(user_string name);
result<void> sys_fchdir(int descriptor);
result<u32> sys_umask(u32 mask);

// names.cc
result<void> sys_mkdir(user_string name, u32 mode);
result<void> sys_mkdirat(int base, user_string name, u32 mode);
result<void> sys_mknod(user_string name, u32 mode, u32 device);
result<void> sys_mknodat(int base, user_string name, u32 mode, u32 device);
result<void> sys_rmdir(user_string name);
result<void> sys_unlink(user_string name);
result<void> sys_unlinkat(int base, user_string name, u32 flags);
result<void> sys_rename(user_string from, user_string to);
result<void> sys_renameat(int from_base, user_string from, int to_base, user_string to);
result<void> sys_renameat2(int from_base, user_string from, int to_base, user_string to, u32 flags);
result<void> sys_link(user_string from, user_string to);
result<void> sys_linkat(int from_base, user_string from, int to_base, user_string to, u32 flags);
result<void> sys_symlink(user_string target, user_string name);
result<void> sys_symlinkat(user_string target, int base, user_string name);
result<size_t> sys_readlink(user_string name, user_ptr<char> buffer, s32 bytes);
result<size_t> sys_readlinkat(int base, user_string name, user_ptr<char> buffer, s32 bytes);

// attributes.cc
result<void> sys_chmod(user_string name, u32 mode);
result<void> sys_fchmod(int descriptor, u32 mode);
result<void> sys_fchmodat(int base, user_string name, u32 mode);
result<void> sys_chown(user_string name, u32 user, u32 group);
result<void> sys_lchown(user_string name, u32 user, u32 group);
result<void> sys_fchown(int descriptor, u32 user, u32 group);
result<void> sys_fchownat(int base, user_string name, u32 user, u32 group, u32 flags);
result<void> sys_utime(user_string name, user_ptr<const s64> times);
result<void> sys_utimes(user_string name, user_ptr<const timeval> times);
result<void> sys_futimesat(int base, user_string name, user_ptr<const timeval> times);
result<void> sys_utimensat(int base, user_string name, user_ptr<const timespec> times, u32 flags);

// space.cc
result<void> sys_truncate(user_string name, s64 size);
result<void> sys_ftruncate(int descriptor, s64 size);
result<void> sys_fallocate(int descriptor, u32 mode, s64 offset, s64 length);
result<void> sys_fsync(int descriptor);
result<void> sys_fdatasync(int descriptor);
result<void> sys_sync();
result<void> sys_syncfs(int descriptor);
result<void> sys_sync_file_range(int descriptor, s64 offset, s64 bytes, u32 flags);
result<void> sys_fadvise64(int descriptor, s64 offset, s64 length, int advice);
result<void> sys_readahead(int descriptor, s64 offset, size_t count);

// pipes.cc
result<void> sys_pipe(user_ptr<int> descriptors);
result<void> sys_pipe2(user_ptr<int> out, u32 flags);

// memory_file.cc
result<int> sys_memfd_create(user_string name, u32 flags);

// extended_attributes.cc
result<size_t> sys_getxattr(user_string name, user_string key, virt_addr value, size_t size);
result<size_t> sys_lgetxattr(user_string name, user_string key, virt_addr value, size_t size);
result<size_t> sys_fgetxattr(int descriptor, user_string key, virt_addr value, size_t size);
result<void> sys_setxattr(user_string name, user_string key, virt_addr value, size_t size, u32 flags);
result<void> sys_lsetxattr(user_string name, user_string key, virt_addr value, size_t size, u32 flags);
result<void> sys_fsetxattr(int descriptor, user_string key, virt_addr value, size_t size, u32 flags);
result<size_t> sys_listxattr(user_string name, virt_addr names, size_t size);
result<size_t> sys_llistxattr(user_string name, virt_addr names, size_t size);
result<size_t> sys_flistxattr(int descriptor, virt_addr names, size_t size);
result<void> sys_removexattr(user_string name, user_string key);
result<void> sys_lremovexattr(user_string name, user_string key);
result<void> sys_fremovexattr(int descriptor, user_string key);

// ioctl.cc
result<u64> sys_ioctl(int descriptor, u32 request, virt_addr argument);

// mounts.cc: mounts are made at boot and by nobody else
result<void> sys_mount(virt_addr source, virt_addr target, virt_addr type, u64 flags, virt_addr data);
result<void> sys_umount2(virt_addr target, u32 flags);
result<void> sys_pivot_root(virt_addr new_root, virt_addr put_old);
result<void> sys_chroot(user_string name);
} // namespace linux
