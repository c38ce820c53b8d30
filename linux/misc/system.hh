// What the kernel says of itself, for uname and /proc.
#pragma once

#include <array>
#include <string_view>

namespace linux
{
/// Linux 6.1, whose interface is served: programs compare the number.
inline constexpr std::string_view kernel_release = "6.1.0-kiln";
inline constexpr std::string_view kernel_version = "#1 SMP Kiln";
/// The machine's name: what DHCP told, else "kiln". Terminated.
std::array<char, 65> node_name();
} // namespace linux
