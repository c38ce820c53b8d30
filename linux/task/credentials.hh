// Who a thread is: user and group ids, supplementary groups, capabilities (credentials(7), capabilities(7)).
//
// A set is never changed once a thread holds it: the calls that change ids make a copy and swap it in, so
// that threads share one object and readers need no lock. As on Linux each thread has its own; the C library
// keeps them equal.
#pragma once

#include <array>
#include <span>

#include "core/base/make_unique.hh"
#include "core/base/ref_ptr.hh"
#include "core/base/types.hh"
#include "linux/abi/types.hh"

namespace linux
{
using capability_set = u64; // bit n is capability n
inline constexpr capability_set all_capabilities = (u64{1} << (last_capability + 1)) - 1;

inline constexpr unsigned capability_setgid = 6;
inline constexpr unsigned capability_setuid = 7;
inline constexpr unsigned capability_setpcap = 8;
inline constexpr unsigned capability_sys_nice = 23;
inline constexpr unsigned capability_sys_resource = 24;
inline constexpr unsigned capability_sys_time = 25;

/// One kind of id in its four roles.
struct identity {
    u32 real = 0;
    u32 effective = 0;
    u32 saved = 0;
    u32 file_system = 0;

    bool has(u32 id) const { return id == real || id == effective || id == saved; }
};

class credentials : public ref_counted<credentials>
{
  public:
    /// Root with everything, as the program starts.
    static result<ref_ptr<credentials>> create_root();
    result<ref_ptr<credentials>> copy() const;

    identity user;
    identity group;
    capability_set effective = all_capabilities;
    capability_set permitted = all_capabilities;
    capability_set inheritable = 0;
    capability_set bounding = all_capabilities;
    capability_set ambient = 0;
    u32 secure_bits = 0;

    std::span<const u32> groups() const { return {_groups.get(), _group_count}; }
    result<void> set_groups(std::span<const u32> groups);

    bool has_capability(unsigned number) const { return effective >> number & 1; }

  private:
    unique_ptr<u32[]> _groups;
    size_t _group_count = 0;
};
} // namespace linux
