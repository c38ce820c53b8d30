// What the kernel says of itself, for uname and /proc.
#pragma once

#include <string_view>

namespace linux
{
/// Linux 6.1, whose interface is served: programs compare the number.
inline constexpr std::string_view kernel_release = "6.1.0-kiln";
inline constexpr std::string_view kernel_version = "#1 SMP Kiln";
inline constexpr std::string_view node_name = "kiln";
} // namespace linux
