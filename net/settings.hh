// What the network told about names: for /etc/resolv.conf and uname. Comes from DHCP, from routers, or from
// the command line.
#pragma once

#include <array>
#include <string_view>

#include "core/sync/wait_queue.hh"
#include "net/address.hh"

namespace net
{
class settings
{
  public:
    static constexpr size_t most_name_servers = 3; // what resolvers read (resolv.conf(5))

    struct values {
        std::array<ip_address, most_name_servers> name_servers{};
        size_t name_server_count = 0;
        std::array<char, 256> domain{}; // terminated
        std::array<char, 65> host_name{};
    };
    values get() const
    {
        lock_guard guard{_lock};
        return _values;
    }
    /// Where it is told that something changed; a thread that writes files waits here.
    wait_queue& queue() { return _queue; }
    void tell() { _queue.wake_all(); }
    /// Moves on with every change, so that a file made of the values knows when it is old.
    u64 generation() const { return _generation.load(std::memory_order_acquire); }

    /// Ignored if it is known or the list is full.
    void add_name_server(const ip_address& a)
    {
        lock_guard guard{_lock};
        for (size_t i = 0; i < _values.name_server_count; i++)
            if (_values.name_servers[i] == a)
                return;
        if (_values.name_server_count == most_name_servers)
            return;
        _values.name_servers[_values.name_server_count++] = a;
        _generation.fetch_add(1, std::memory_order_release);
    }
    void set_domain(std::string_view name) { set(_values.domain, name); }
    void set_host_name(std::string_view name) { set(_values.host_name, name); }

  private:
    template <size_t N>
    void set(std::array<char, N>& to, std::string_view name)
    {
        lock_guard guard{_lock};
        const size_t length = name.size() < N ? name.size() : N - 1;
        name.copy(to.data(), length);
        to[length] = 0;
        _generation.fetch_add(1, std::memory_order_release);
    }

    wait_queue _queue;
    mutable spinlock _lock{lock_rank::network};
    values _values; // the lock
    std::atomic<u64> _generation{0};
};
} // namespace net
