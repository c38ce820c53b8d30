// ioctls on network interfaces (netdevice(7)), which every socket answers.
#pragma once

#include "core/base/result.hh"
#include "core/base/types.hh"

namespace linux
{
/// Errors: enotty (no such request), enodev (no such interface), eopnotsupp, efault.
result<u64> interface_request(u32 request, virt_addr argument);
} // namespace linux
