// Requests to a network card's back end. Source: Xen, public/io/netif.h.
#pragma once

#include "core/base/types.hh"

namespace xen
{
/// Of both directions.
namespace frame_flag
{
inline constexpr u16 checksum_blank = 1, data_validated = 2, more_data = 4, extra_info = 8;
}

/// A piece of a frame to be sent. The first one of a frame says the whole frame's length.
struct transmit_request {
    u32 grant;
    u16 offset, flags;
    u16 id, length;
};
static_assert(sizeof(transmit_request) == 12);

struct transmit_answer {
    static constexpr s16 good = 0, of_extra_info = 1; // negative: an error
    u16 id;
    s16 status;
};
static_assert(sizeof(transmit_answer) == 4);

struct receive_request {
    u16 id, padding;
    u32 grant;
};
static_assert(sizeof(receive_request) == 8);

/// A piece of a frame that came in.
struct receive_answer {
    u16 id, offset, flags;
    s16 length; // negative: an error
};
static_assert(sizeof(receive_answer) == 8);

/// More about a frame, in the place of its second request or answer and of those behind it.
struct extra_info {
    static constexpr u8 segmentation = 1; // of `type`
    static constexpr u8 more = 1;         // of `flags`: another one comes
    static constexpr u8 tcp4 = 1, tcp6 = 2;
    u8 type, flags;
    u16 segment_size;
    u8 protocol, padding;
    u16 features;
};
static_assert(sizeof(extra_info) == 8);
} // namespace xen
