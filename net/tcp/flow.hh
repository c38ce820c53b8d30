// What the tables hold: a connection, or what is left of one in TIME_WAIT.
//
// A flow stands in two tables: by its four numbers (shard.hh) once they are known, and in the list of those
// that use its local port (ports.hh) from bind() on.
#pragma once

#include "core/base/intrusive.hh"
#include "net/address.hh"
#include "net/tcp/keyed_hash.hh"

namespace net::tcp
{
struct four_tuple {
    ip_address local;
    ip_address remote;
    u16 local_port = 0;
    u16 remote_port = 0;

    bool operator==(const four_tuple& other) const
    {
        // What differs most comes first.
        return remote_port == other.remote_port && local_port == other.local_port && remote == other.remote &&
               local == other.local;
    }

    u32 ports() const { return u32{local_port} << 16 | remote_port; }

    /// For choosing a bucket.
    u32 hash(const hash_key& key) const
    {
        if (remote.is_ipv4()) // then only the lower halves' upper 32 bits differ
            return static_cast<u32>(
                folded_hash(key, (remote.low() >> 32 << 32) | local.low() >> 32, ports()));
        return static_cast<u32>(
            folded_hash(key, remote.high(), remote.low(), local.high(), local.low(), u64{ports()}));
    }
};

struct port;

class flow
{
  public:
    enum class kind : u8 { connection, time_wait };

    const four_tuple& tuple() const { return _tuple; }
    bool is_time_wait() const { return _kind == kind::time_wait; }

    /// How it uses its port (SO_REUSEADDR and so on), for those who want to bind to the same.
    struct port_use {
        bool reuse_address : 1 = false;
        bool reuse_port : 1 = false;
        bool ipv6_only : 1 = false;
        bool listening : 1 = false;
        bool chosen : 1 = false; // by bind(); otherwise any port would have done
    };
    const port_use& use() const { return _use; }
    /// The hash by which it stands in the table; 0 if it does not yet.
    u32 table_hash() const { return _hash; }

  protected:
    explicit flow(kind k) : _kind(k) {}

    four_tuple _tuple;
    port_use _use;

  private:
    friend class shard;
    friend class ports;
    friend struct port;

    const kind _kind;
    bool _in_table = false; // the shard's lock
    u32 _hash = 0;
    flow* _next = nullptr; // the shard's lock
    port* _port = nullptr; // its owner's lock (a connection's); of TIME_WAIT: constant
    list_hook _port_hook;  // the lock of the port's shard
};
} // namespace net::tcp
