// Character and block devices by number: what opening a special file of any file system leads to.
//
// Drivers of special files register a device_type once and for ever, a constinit global of their own.
#pragma once

#include <string_view>

#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "fs/vfs/attributes.hh"

namespace vfs
{
class file;
class path;

struct device_type {
    file_type type; // character or block
    u32 major;
    u32 first_minor;
    u32 minor_count;
    /// Makes an open file of the device `number`; `where` and `flags` as in inode::open().
    result<ref_ptr<file>> (*open)(device_number number, const path& where, u32 flags);

    device_type* next = nullptr; // the registry's
};

void register_device(device_type& type);

/// Errors: enxio if no device of that number is registered.
result<ref_ptr<file>> open_device(file_type type, device_number number, const path& where, u32 flags);
} // namespace vfs
