// QEMU's firmware configuration device: named files from the host, read when the machine starts.
#pragma once

#include <string_view>

#include "core/base/make_unique.hh"
#include "core/base/result.hh"
#include "core/base/types.hh"

namespace fw_cfg
{
struct file {
    unique_ptr<char[]> bytes; // one more than `size`; the last is 0
    size_t size = 0;
};

/// The file with this name ("opt/kiln/config"). Thread context.
/// Errors: enodev (no such device), enoent, enomem, efbig (over 16 MiB).
result<file> read(std::string_view name);
} // namespace fw_cfg
