// One message between a program and a socket of any family, in the kernel's terms.
#pragma once

#include "core/mm/io_buffer.hh"
#include "linux/socket/address.hh"
#include "linux/socket/control.hh"

namespace linux
{
struct outgoing_message {
    io_buffer& data;
    const socket_address* to = nullptr; // null: the program named nobody
    std::span<const std::byte> control; // a stream takes it with the first bytes and empties this
    u32 flags = 0;                      // msg_ bits
};

struct incoming_message {
    io_buffer& data;
    socket_address* from = nullptr;    // null: not asked for; else it becomes the sender
    control_writer* control = nullptr; // null: not asked for
    u32 flags = 0;                     // msg_ bits that ask
    u32 marks = 0;                     // msg_ bits that tell of what came
    bool ends_here = false;            // a stream's bytes that must not be joined with those that follow
};
} // namespace linux
