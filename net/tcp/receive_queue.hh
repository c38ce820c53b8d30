// Bytes that arrived and were not read yet: packets in order, and runs of packets beyond a gap.
//
//     read | ready: packet packet packet | gap | run | gap | run |
//                                        next
//
// Packets are kept as they came; control<unread>() says where their unread bytes begin. A packet that holds
// much more memory than bytes is copied together with its neighbours once the queue holds too much, so a
// peer cannot make us keep a page for each byte.
#pragma once

#include <span>

#include "core/base/intrusive.hh"
#include "core/device/packet.hh"
#include "net/header/tcp_options.hh"
#include "net/tcp/sequence.hh"

namespace net::tcp
{
/// What the queue keeps in a packet.
struct unread {
    u32 offset; // where the unread bytes begin
};

class receive_queue
{
  public:
    receive_queue() = default;
    receive_queue(const receive_queue&) = delete;
    ~receive_queue() { clear(); }

    void clear();

    /// Bytes in order. `footprint_limit`: how much memory may be held before small packets are put together.
    void push(packet_ptr p, u64 footprint_limit);
    bool has_ready() const { return !_ready.empty(); }
    /// All that is in order.
    packet_queue take() { return std::move(_ready); }

    /// Bytes beyond a gap: `length` of them, the first is `begin`, in front of them `offset` bytes of the
    /// packet that do not count. Bytes that are there already are dropped; sets `*duplicate` if all were.
    /// False: not kept, for lack of memory.
    bool insert(packet_ptr p, sequence begin, u32 length, u64 footprint_limit, bool* duplicate);
    /// Moves runs that begin at or before `next` into the ready packets; returns the new next number.
    sequence advance(sequence next, u64 footprint_limit);
    /// Drops everything beyond the gap.
    void prune();

    bool has_gap() const { return !_runs.empty(); }
    /// The runs as SACK blocks, the latest first (RFC 2018 §4); returns how many.
    unsigned describe(std::span<tcp_options::sack_block> blocks) const;
    /// The end of the last run.
    sequence highest() const { return _runs.rbegin()->end; }

    u64 footprint() const { return _ready.footprint() + _run_footprint; }

  private:
    struct run {
        tree_hook hook;
        sequence begin, end;
        u32 touched = 0; // the greatest is the latest
        packet_queue packets;
    };
    struct order {
        bool operator()(const run& a, const run& b) const { return a.begin < b.begin; }
        bool operator()(sequence a, const run& b) const { return a < b.begin; }
        bool operator()(const run& a, sequence b) const { return a.begin < b; }
    };
    using run_tree = intrusive::set<run, intrusive::member_hook<run, tree_hook, &run::hook>,
                                    intrusive::compare<order>, intrusive::constant_time_size<false>>;

    void drop(run& r);
    void add_to(run& r, packet_ptr p, u64 footprint_limit);

    packet_queue _ready;
    run_tree _runs;
    u32 _run_footprint = 0;
    u32 _touches = 0;
};
} // namespace net::tcp
