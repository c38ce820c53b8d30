// What lies in a unix socket's receive queue: bytes, who sent them, and files that travel along.
#pragma once

#include <span>

#include "core/base/intrusive.hh"
#include "core/base/make_unique.hh"
#include "core/base/ref_ptr.hh"
#include "linux/abi/socket.hh"
#include "linux/socket/unix/passed_files.hh"

namespace linux
{
class unix_endpoint;

/// One allocation: the bytes lie behind the object.
class unix_message
{
  public:
    /// Charges the sender's buffer until the message is gone. Errors: enobufs.
    static result<unique_ptr<unix_message>> create(unix_endpoint& sender, size_t length);
    ~unix_message();
    static void operator delete(void* memory) { ::operator delete(memory); }

    std::span<std::byte> bytes() { return {reinterpret_cast<std::byte*>(this + 1), length}; }
    std::span<std::byte> left() { return bytes().subspan(consumed); }

    const ref_ptr<unix_endpoint> sender;
    const size_t length;
    size_t consumed = 0; // by readers of a stream
    ucred credentials{};
    unique_ptr<passed_files> files;

    static size_t charge_of(size_t length) { return align_up(sizeof(unix_message) + length, 64); }

  private:
    unix_message(unix_endpoint& from, size_t bytes);

    slist_hook _link; // the receiver's lock

  public:
    using queue =
        intrusive::slist<unix_message, intrusive::member_hook<unix_message, slist_hook, &unix_message::_link>,
                         intrusive::cache_last<true>, intrusive::constant_time_size<false>>;
};

/// Deletes all of them; no lock held.
void discard(unix_message::queue& messages);
} // namespace linux
