// Output where the machine has no stream for it: the serial port, as it stands.
#pragma once

#include <span>

#include "core/base/result.hh"

namespace linux
{
result<size_t> write_to_console(std::span<const std::byte> bytes);
} // namespace linux
