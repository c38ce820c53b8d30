// /dev: a tmpfs with the special files that programs expect.
//
// A special file is only a number; what opening it means comes from the registry in fs/vfs/device.hh. So the
// console and the terminal, which belong to the Linux interface, register their device_type there and add
// their names here.
#pragma once

#include <string_view>

#include "core/base/result.hh"
#include "fs/vfs/path.hh"

namespace devfs
{
/// Mounts /dev with null, zero, full, random, urandom, the links fd, stdin, stdout, stderr and the directory
/// shm with a tmpfs of its own. Call once.
result<void> mount();

/// Adds a special file below /dev: add("tty", character, {5, 0}, 0666). Errors: eexist, enomem.
result<void> add(std::string_view name, vfs::file_type type, vfs::device_number number, u32 permissions);

void register_memory_devices();

/// The disks that are known now, under their names. Errors: enomem.
result<void> add_disks();
} // namespace devfs
