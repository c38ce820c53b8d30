// Registers and descriptors of Intel's 8254x network cards.
//
// Source: PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual, 317453 rev. 4.0: §3
// (descriptors), §13 (registers).
#pragma once

#include "core/base/types.hh"

namespace e1000
{
/// The card's registers; mapped memory in the machine, a model in tests.
class registers
{
  public:
    virtual u32 read(u32 offset) = 0;
    virtual void write(u32 offset, u32 value) = 0;

  protected:
    ~registers() = default;
};

namespace reg
{
inline constexpr u32 control = 0x0000, status = 0x0008, flow_address_low = 0x0028, flow_address_high = 0x002c,
                     flow_type = 0x0030, interrupt_cause = 0x00c0, interrupt_set = 0x00d0,
                     interrupt_clear = 0x00d8, receive_control = 0x0100, flow_timer = 0x0170,
                     transmit_control = 0x0400, transmit_gap = 0x0410, receive_ring = 0x2800,
                     receive_ring_high = 0x2804, receive_ring_bytes = 0x2808, receive_head = 0x2810,
                     receive_tail = 0x2818, receive_delay = 0x2820, transmit_ring = 0x3800,
                     transmit_ring_high = 0x3804, transmit_ring_bytes = 0x3808, transmit_head = 0x3810,
                     transmit_tail = 0x3818, receive_checksum = 0x5000, multicast_table = 0x5200,
                     address_low = 0x5400, address_high = 0x5404;
inline constexpr u32 multicast_words = 128;
inline constexpr size_t size = 0x6000; // as far as we use them
} // namespace reg

namespace control_bit
{
inline constexpr u32 auto_speed = 1u << 5, link_up = 1u << 6, reset = 1u << 26, link_reset = 1u << 3,
                     invert_loss = 1u << 7, vlan = 1u << 30, phy_reset = 1u << 31;
}

namespace status_bit
{
inline constexpr u32 link_up = 1u << 1;
}

namespace cause
{
inline constexpr u32 transmitted = 1u << 0, link_changed = 1u << 2, receive_low = 1u << 4,
                     receive_overrun = 1u << 6, received = 1u << 7;
inline constexpr u32 receiving = receive_low | receive_overrun | received;
} // namespace cause

namespace receive_bit
{
inline constexpr u32 enable = 1u << 1, all_unicast = 1u << 3, all_multicast = 1u << 4, broadcast = 1u << 15,
                     strip_crc = 1u << 26; // buffers of 2048 bytes: the two size bits are 0
} // namespace receive_bit

namespace transmit_bit
{
inline constexpr u32 enable = 1u << 1, pad_short = 1u << 3, collision_threshold = 0xfu << 4,
                     collision_distance = 0x40u << 12;
} // namespace transmit_bit

struct receive_descriptor {
    static constexpr u8 done = 1u << 0, end_of_packet = 1u << 1, no_checksum = 1u << 2,
                        transport_checked = 1u << 5;               // of `status`
    static constexpr u8 frame_error = 0x97, checksum_error = 0x60; // of `errors`
    u64 address;
    u16 length;
    u16 checksum;
    u8 status;
    u8 errors;
    u16 special;
};
static_assert(sizeof(receive_descriptor) == 16);

/// A piece of a frame (data), or what is to be done with the frame that follows (context).
struct transmit_descriptor {
    static constexpr u32 length_mask = 0xf'ffff, is_data = 1u << 20, end_of_packet = 1u << 24,
                         insert_crc = 1u << 25, segment = 1u << 26, report = 1u << 27, extended = 1u << 29;
    static constexpr u32 is_tcp = 1u << 24, is_ipv4 = 1u << 25;                // of a context
    static constexpr u8 done = 1;                                              // of `status`
    static constexpr u8 insert_ip_checksum = 1, insert_transport_checksum = 2; // of `options`
    union {
        u64 address;
        struct {
            u8 ip_start, ip_checksum;
            u16 ip_end;
            u8 transport_start, transport_checksum;
            u16 transport_end; // 0: to the end of the frame
        } context;
    };
    u32 command;
    u8 status;
    u8 options;       // of data; the length of all headers in a context
    u16 segment_size; // of a context
};
static_assert(sizeof(transmit_descriptor) == 16);
} // namespace e1000
