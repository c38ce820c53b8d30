// Errors of packets that a socket sent, with what was quoted of each (IP_RECVERR, MSG_ERRQUEUE; ip(7)).
//
// Not locked. Bounded, because routers and forgers decide how many there are: the newest are dropped.
#pragma once

#include "core/base/intrusive.hh"
#include "core/base/make_unique.hh"
#include "net/ip/ip.hh"
#include "net/socket/socket.hh"

namespace net
{
class error_queue
{
  public:
    static constexpr unsigned limit = 64;
    static constexpr size_t quoted_limit = 512;
    static constexpr u8 origin_local = 1, origin_icmp = 2, origin_icmp6 = 3; // SO_EE_ORIGIN_*

    struct entry {
        queued_error error;
        std::array<std::byte, quoted_limit> quoted;
        size_t quoted_length = 0;
        slist_hook hook;
    };

    ~error_queue()
    {
        while (take()) {
        }
    }

    bool empty() const { return _entries.empty(); }
    entry* front() { return empty() ? nullptr : &_entries.front(); }

    void push(unique_ptr<entry> e)
    {
        if (_count == limit)
            return;
        _count++;
        _entries.push_back(*e.release());
    }

    unique_ptr<entry> take()
    {
        if (empty())
            return {};
        entry& e = _entries.front();
        _entries.pop_front();
        _count--;
        return unique_ptr<entry>(&e);
    }

    /// An entry for an ICMP message about a packet to `destination`. Null without memory.
    static unique_ptr<entry> make(const icmp_error& e, const endpoint& destination,
                                  std::span<const std::byte> quoted)
    {
        auto made = try_make_unique<entry>();
        if (!made)
            return {};
        auto result = made.take();
        result->error = {.error = e.error,
                         .origin = e.reporter == e.source ? origin_local
                                   : e.source.is_ipv4()   ? origin_icmp
                                                          : origin_icmp6,
                         .type = e.type,
                         .code = e.code,
                         .info = e.mtu,
                         .offender = {e.reporter, 0},
                         .destination = destination};
        result->quoted_length = quoted.size() < quoted_limit ? quoted.size() : quoted_limit;
        std::copy_n(quoted.begin(), result->quoted_length, result->quoted.begin());
        return result;
    }

  private:
    intrusive::slist<entry, intrusive::member_hook<entry, slist_hook, &entry::hook>,
                     intrusive::cache_last<true>>
        _entries;
    unsigned _count = 0;
};
} // namespace net
