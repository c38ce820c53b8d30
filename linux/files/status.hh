// Device numbers as st_dev and st_rdev show them. Source: linux/kdev_t.h, new_encode_dev().
#pragma once

#include "fs/vfs/attributes.hh"

namespace linux
{
constexpr u64 encode_device(vfs::device_number n)
{
    return (n.minor & 0xff) | u64{n.major} << 8 | u64{n.minor & ~u32{0xff}} << 12;
}
constexpr vfs::device_number decode_device(u32 n)
{
    return {.major = n >> 8 & 0xfff, .minor = (n & 0xff) | (n >> 12 & 0xfff00)};
}
} // namespace linux
