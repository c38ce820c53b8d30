// Numbers and layouts that a domain shares with Xen, and front ends with back ends, for x86-64.
//
// Source: Xen, public/xen.h, arch-x86/xen.h, event_channel.h, grant_table.h, memory.h, sched.h, hvm/params.h,
// hvm/hvm_op.h.
#pragma once

#include "core/base/types.hh"

namespace xen
{
using domain_id = u16;
inline constexpr domain_id this_domain = 0x7ff0;

namespace hypercall
{
inline constexpr unsigned memory = 12, grant_table = 20, scheduling = 29, event_channel = 32, hvm = 34;
}

struct vcpu_time {
    u32 version; // odd while Xen changes it
    u32 padding;
    u64 tsc;         // when system_time was so much
    u64 system_time; // nanoseconds since Xen's start
    u32 multiplier;  // of TSC cycles << shift, 32 bits behind the point
    s8 shift;
    u8 flags;
    u8 padding2[2];
};

struct vcpu_info {
    u8 pending; // an event came for it
    u8 mask;
    u64 pending_words; // which words of shared_info::pending have bits
    u64 cr2, padding;
    vcpu_time time;
};
static_assert(sizeof(vcpu_info) == 64);

struct shared_info {
    vcpu_info vcpus[32];
    u64 pending[64]; // events: a bit for each port
    u64 mask[64];
    u32 wall_version; // odd while Xen changes it
    u32 wall_seconds; // the date when system_time was 0
    u32 wall_nanoseconds;
    u32 wall_seconds_high;
};

namespace memory_operation
{
inline constexpr unsigned add_to_physmap = 7;
}
namespace map_space
{
inline constexpr u32 shared_info = 0, grant_table = 1;
}
struct add_to_physmap {
    domain_id domain = this_domain;
    u16 size = 0;
    u32 space;
    u64 index;
    u64 frame;
};

namespace hvm_operation
{
inline constexpr unsigned set_parameter = 0, get_parameter = 1, set_upcall_vector = 23;
}
enum class parameter : u32 {
    callback = 0,
    store_frame = 1,
    store_port = 2,
    console_frame = 17,
    console_port = 18,
};
struct hvm_parameter {
    domain_id domain = this_domain;
    u32 index;
    u64 value;
};
/// Events of a virtual CPU raise this vector of its local APIC.
struct upcall_vector {
    u32 vcpu;
    u8 vector;
};
/// parameter::callback: events raise this vector.
inline constexpr u64 callback_by_vector = u64{2} << 56;

namespace event_operation
{
inline constexpr unsigned send = 4, allocate_unbound = 6, unmask = 9;
}
struct allocate_unbound {
    domain_id domain = this_domain;
    domain_id remote;
    u32 port; // Xen's answer
};

namespace scheduling_operation
{
inline constexpr unsigned yield = 0, shut_down = 2;
}
enum class shutdown_reason : u32 { power_off = 0, reboot = 1, crash = 3 };

struct grant_entry {
    u16 flags; // written last
    domain_id domain;
    u32 frame;
};
namespace grant_flag
{
inline constexpr u16 permit_access = 1;
}
inline constexpr u32 reserved_grants = 8; // Xen's own: console, store

/// The states of a front end and of a back end in the store.
enum class bus_state : u8 {
    unknown = 0,
    initialising = 1,
    waiting = 2, // the back end: for us
    initialised = 3,
    connected = 4,
    closing = 5,
    closed = 6,
};
} // namespace xen
