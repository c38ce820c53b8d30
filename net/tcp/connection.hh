// A TCP connection (RFC 9293): its state, numbers and queues, and what segments, timers and the application
// do to it.
//
// One object from the first SYN, or from socket(), until TIME_WAIT, whose entry is smaller (time_wait.hh).
// The parts stand in files by their role:
//
//     open.cc        how it begins, both ways         input.cc     a segment arrives
//     acknowledge.cc what an acknowledgement means    recovery.cc  what is lost, and when it is sent again
//     output.cc      what may be sent, and sending it timers.cc    deadlines
//     end.cc         how it ends                      user.cc      what a socket asks of it
//     pass.cc        bytes to the other end, if that is here
//
// Locking: `lock` guards everything; it is taken for the work of one segment, and segments are sent under it.
// A connection is referenced by the table of flows, by its socket, by its listener until accept(), and by its
// timer while that is armed. It never calls the socket but to wake its waiters.
//
// One timer serves all deadlines. It is armed for the earliest at the time, and left alone when deadlines
// move away; when it fires too early it is armed again. So a segment seldom touches it.
#pragma once

#include "core/base/ref_ptr.hh"
#include "core/sync/spinlock.hh"
#include "core/time/timer.hh"
#include "net/ip/ip.hh"
#include "net/tcp/congestion.hh"
#include "net/tcp/flow.hh"
#include "net/tcp/receive_queue.hh"
#include "net/tcp/rtt.hh"
#include "net/tcp/segment.hh"
#include "net/tcp/send_queue.hh"
#include "net/tcp/settings.hh"
#include "net/tcp/state.hh"
#include "net/tcp/time_wait.hh"

namespace net::tcp
{
class listener;
class protocol;
class socket;

class connection final : public ref_counted<connection>, public flow, timekeeping::timer
{
  public:
    explicit connection(protocol& p);
    ~connection();

    spinlock lock{lock_rank::connection};

    // --- from the protocol, without the lock ---

    /// A segment for this connection; `p` begins with its payload. False: it has ended meanwhile, as if there
    /// were none.
    bool arrive(segment& s, packet_ptr p);
    /// ICMP speaks of a segment of ours that began at `about`.
    void arrive(const icmp_error& e, sequence about);
    /// Ends without a word, because its stack does.
    void abandon();

    // --- how it begins (open.cc) ---

    /// Ended (and settled), it is as new, but for what the program chose.
    void forget_locked() REQUIRES(lock);
    /// Sends a SYN. The remote half of the tuple is given. Errors: as connect(2).
    result<void> open_locked(const endpoint& peer, net::interface* out) REQUIRES(lock);
    /// A listener got a SYN, or an ACK with a cookie.
    struct request {
        four_tuple tuple;
        sequence initial_send, initial_receive;
        tcp_options options; // of the SYN
        u16 window;
        bool wants_ecn;
        instant at;
        net::interface* in = nullptr; // of link-local addresses
    };
    result<void> begin_passive_locked(const request& r) REQUIRES(lock);
    /// What begin_passive_locked() began, answered by a SYN with ACK.
    void answer_syn_locked() REQUIRES(lock);
    /// ... or by a cookie: nothing is kept.
    void answer_with_cookie_locked(const tcp_options& offered) REQUIRES(lock);
    /// ... or, after a cookie, not: it is established.
    void establish_locked(instant now) REQUIRES(lock);
    void attach_listener_locked(listener& l) REQUIRES(lock);
    void detach_listener_locked() REQUIRES(lock);

    // --- from the socket (user.cc, end.cc) ---

    void attach_locked(socket* s) REQUIRES(lock) { _socket = s; }
    result<void> bind_locked(const endpoint& local) REQUIRES(lock);
    void release_port_locked() REQUIRES(lock);
    /// Bytes that send() may add now: 0 where it has to wait. Errors: epipe and what is pending.
    result<u32> send_room_locked() REQUIRES(lock);
    /// Adds pieces, which it takes, and sends what may be sent. Errors: as send_room_locked(), enomem.
    result<void> send_locked(std::span<packet_slice> pieces, bool more) REQUIRES(lock);
    packet_slice send_tail_locked() REQUIRES(lock) { return _queue.tail(); }
    /// Whether pass_locked() is worth a try.
    bool may_pass_locked() const REQUIRES(lock);
    /// Gives bytes to the other end, which is `to`: a packet's, which it takes, or those of pieces. False:
    /// not now, and nothing happened; send_locked() has to.
    bool pass_locked(connection& to, packet_ptr& single, std::span<packet_slice> pieces, u32 length)
        REQUIRES(lock, to.lock);
    /// Sends what was held back (TCP_NODELAY and TCP_CORK changed).
    void push_locked() REQUIRES(lock);
    /// A reader took all there was, and nothing has happened since that it should hear of; without the lock.
    bool quiet() const { return _quiet.load(std::memory_order_acquire); }
    void taken_over_locked() REQUIRES(lock)
    {
        _quiet.store(_error == errc{} && !_fin_received && !_receive_shut_down && _taken == 0 &&
                         _state != state::closed,
                     std::memory_order_relaxed);
    }
    bool has_ready_locked() const REQUIRES(lock) { return _received.has_ready(); }
    /// What is in order, for a reader who wants so many bytes. What it cannot copy at once stays counted.
    packet_queue take_ready_locked(size_t wanted) REQUIRES(lock);
    /// The application read bytes: the window may grow.
    void consumed_locked(instant now) REQUIRES(lock);
    /// Whether consumed_locked() should be called; without the lock, so only a hint.
    bool window_worth_announcing() const;
    void count_read(u32 bytes) { _read_to.fetch_add(bytes, std::memory_order_release); }
    u32 readable_locked() const REQUIRES(lock)
    {
        return _data_end.value - _read_to.load(std::memory_order_relaxed);
    }
    u32 events_locked() REQUIRES(lock);
    void shut_down_sending_locked() REQUIRES(lock);
    void shut_down_receiving_locked() REQUIRES(lock);
    /// The last descriptor went: finishes in the background, or resets.
    void close_locked(bool unread) REQUIRES(lock);
    void abort_locked() REQUIRES(lock);
    /// Takes over buffer sizes that were set.
    void update_buffers_locked() REQUIRES(lock);
    void restart_keep_alive_locked() REQUIRES(lock);
    void set_quick_ack_locked(bool on) REQUIRES(lock);
    void choose_congestion_locked(const congestion_control& c) REQUIRES(lock)
    {
        chosen.congestion = &c;
        c.start(_congestion);
    }
    u32 receive_buffer_locked() const REQUIRES(lock)
    {
        return _state == state::closed ? chosen.receive_buffer : _receive_buffer;
    }
    u32 send_buffer_locked() const REQUIRES(lock)
    {
        return _state == state::closed ? chosen.send_buffer : _send_buffer;
    }
    bool interactive_locked() const REQUIRES(lock) { return _interactive; }
    errc take_error_locked() REQUIRES(lock) { return std::exchange(_error, errc{}); }
    size_t describe_locked(std::span<std::byte> to) REQUIRES(lock);

    state current_locked() const REQUIRES(lock) { return _state; }
    u32 unacknowledged_locked() const REQUIRES(lock) { return _queue.end() - _queue.begin(); }
    u32 unsent_locked() const REQUIRES(lock) { return _queue.unsent(); }
    u32 segment_size_locked() const REQUIRES(lock) { return _segment_size; }
    const ref_ptr<path>& path_locked() const REQUIRES(lock) { return _path; }
    four_tuple& tuple_locked() REQUIRES(lock) { return _tuple; }
    port_use& use_locked() REQUIRES(lock) { return _use; }
    bool bound_locked() const REQUIRES(lock) { return _bound; }
    bool receiving_shut_down_locked() const REQUIRES(lock) { return _receive_shut_down; }
    bool sending_shut_down_locked() const REQUIRES(lock) { return _send_shut_down; }
    bool was_established_locked() const REQUIRES(lock) { return _was_established; }
    bool end_of_data_locked() const REQUIRES(lock) { return _fin_received; }
    void set_chosen_port_locked(bool bound) REQUIRES(lock) { _bound = bound; }

    protocol& owner() const { return _protocol; }
    /// What the program chose (set by net/tcp/socket).
    settings chosen GUARDED_BY(lock);

    /// After the lock was released: lets go of what an ended connection must not keep.
    void settle()
    {
        if (_ending.load(std::memory_order_acquire) != ending::no) [[unlikely]]
            settle_ended();
    }
    /// Before an ended connection is used again.
    void wait_until_settled();

  private:
    friend class listener;
    friend class scoreboard;

    enum class deadline : u8 { retransmit, delayed_ack, keep_alive, linger };
    static constexpr unsigned deadline_count = 4;
    static constexpr u32 accounting_step = 1024;
    /// What the retransmission deadline is for.
    enum class retransmission : u8 { none, timeout, probe, reordering, persist };
    enum class phase : u8 { open, recovery, loss };
    enum class ending : u8 { no, due, settling };

    // input.cc
    void arrive_locked(segment& s, packet_ptr p) REQUIRES(lock);
    bool arrive_fast(segment& s, packet_ptr& p) REQUIRES(lock);
    bool acceptable(const segment& s) REQUIRES(lock);
    void reset_arrived(const segment& s) REQUIRES(lock);
    void data_arrives(segment& s, packet_ptr p) REQUIRES(lock);
    u64 footprint_limit() const REQUIRES(lock) { return 2 * u64{_receive_buffer} + 64_KiB; }
    u32 admit_at_limit(packet& p, u32 length) REQUIRES(lock);
    void accept_data(packet_ptr p, u32 length, instant now) REQUIRES(lock);
    void store_data(packet_ptr p, u32 length) REQUIRES(lock);
    void tell_reader() REQUIRES(lock);
    void fin_in_order() REQUIRES(lock);
    void decide_acknowledgement(instant now) REQUIRES(lock);
    void finish_arrival(instant now) REQUIRES(lock);
    void challenge(instant now) REQUIRES(lock);
    void note_timestamp(const segment& s) REQUIRES(lock);
    void syn_sent_arrives(segment& s, packet_ptr p) REQUIRES(lock);

    // acknowledge.cc
    bool acknowledged(const segment& s, bool carries_data) REQUIRES(lock);
    u32 acknowledged_until(sequence to, const segment& s) REQUIRES(lock);
    void grow_window(u32 bytes, instant now) REQUIRES(lock);
    void update_window(const segment& s) REQUIRES(lock);
    void fin_acknowledged(instant now) REQUIRES(lock);
    void grow_send_buffer() REQUIRES(lock);
    void wake_writer() REQUIRES(lock);
    bool congestion_marked(const segment& s) REQUIRES(lock);

    // recovery.cc
    u32 selectively_acknowledged(const segment& s, instant now) REQUIRES(lock);
    bool duplicate_reported(const segment& s) REQUIRES(lock);
    void note_delivery(const chunk& c, instant now) REQUIRES(lock);
    void detect_losses(instant now) REQUIRES(lock);
    void recover(const segment& s, u32 delivered, bool progress, bool duplicate, bool reported, instant now)
        REQUIRES(lock);
    void enter_recovery(instant now) REQUIRES(lock);
    void leave_recovery() REQUIRES(lock);
    void undo_recovery() REQUIRES(lock);
    void proportional_rate(u32 delivered, bool progress) REQUIRES(lock);
    void retransmission_timeout(instant now) REQUIRES(lock);
    void probe_tail(instant now) REQUIRES(lock);
    nanoseconds reordering_window() REQUIRES(lock);
    void schedule_retransmission(instant now) REQUIRES(lock);
    u32 pipe() const REQUIRES(lock);

    // output.cc
    /// Sends what may be sent now, lost segments first.
    void output(instant now) REQUIRES(lock);
    bool retransmit_lost(instant now) REQUIRES(lock);
    bool hold_back(const chunk& c, u32 length) const REQUIRES(lock);
    /// How many numbers from a chunk on go into one packet: at most `limit`, and only lost ones if it is.
    u32 gather(chunk& from, u32 limit, bool lost) REQUIRES(lock);
    u32 largest_packet() const REQUIRES(lock);
    bool send_chunks(chunk& from, u32 length, instant now) REQUIRES(lock);
    chunk* last_chunk(chunk& from, sequence end) REQUIRES(lock);
    packet_ptr packet_of(chunk& first, const chunk& last, u32 payload) REQUIRES(lock);
    u32 behind_full_segments(u32 payload) const REQUIRES(lock);
    void count_retransmission(u32 length, instant now) REQUIRES(lock);
    bool refresh_path() REQUIRES(lock);
    bool find_path() REQUIRES(lock);
    void update_segment_size() REQUIRES(lock);
    u8 mark_congestion(segment& s) REQUIRES(lock);
    void transmit(packet_ptr p, segment& s) REQUIRES(lock);
    void write_header(packet& p, const segment& s) const REQUIRES(lock);
    void send_control(u8 flags, sequence begin, instant now) REQUIRES(lock);
    void send_ack(instant now) REQUIRES(lock);
    void send_syn(instant now) REQUIRES(lock);
    void send_reset() REQUIRES(lock);
    /// The pseudo header's sum for a segment of this length.
    u64 sum_with_length(u32 length) const REQUIRES(lock);
    void add_usual_options(tcp_options& o, instant now, bool with_sack) REQUIRES(lock);
    u32 window_to_announce() const REQUIRES(lock);
    u16 announce_window() REQUIRES(lock);
    u32 timestamp(instant now) const REQUIRES(lock);
    u32 congestion_window() const REQUIRES(lock) { return _congestion.window; }

    // pass.cc
    bool may_take_passed(const connection& from, sequence begin) const REQUIRES(lock, from.lock);
    u32 pass_window(u32 length) REQUIRES(lock);
    void take_passed(packet_ptr p, u32 length, instant now) REQUIRES(lock);
    void acknowledge_to(connection& to, instant now) REQUIRES(lock, to.lock);
    void count_passed() const REQUIRES(lock);

    // timers.cc
    void schedule(deadline d, instant at) REQUIRES(lock);
    void stop(deadline d) REQUIRES(lock) { _deadlines[static_cast<unsigned>(d)] = timekeeping::never; }
    instant due(deadline d) const REQUIRES(lock) { return _deadlines[static_cast<unsigned>(d)]; }
    static void timer_fired(timer& t);
    void run_deadlines(instant now) REQUIRES(lock);
    void retransmission_due(instant now) REQUIRES(lock);
    void keep_alive_due(instant now) REQUIRES(lock);
    void probe_window(instant now) REQUIRES(lock);
    void syn_timeout(instant now) REQUIRES(lock);
    bool gave_up(instant now) REQUIRES(lock);
    instant before_giving_up(instant at) const REQUIRES(lock);

    // open.cc
    void start_numbers(sequence send, sequence receive) REQUIRES(lock);
    void take_syn_options(const tcp_options& o) REQUIRES(lock);
    void choose_window_scale() REQUIRES(lock);
    result<void> enter_tables() REQUIRES(lock);
    result<void> choose_port(std::optional<time_wait::origin>& before) REQUIRES(lock);

    // user.cc
    u32 receive_limit() const REQUIRES(lock);
    u32 send_limit() const REQUIRES(lock);
    bool in_the_way() const REQUIRES(lock);
    /// Tells the protocol how much the queues hold, if that changed much.
    void account() REQUIRES(lock)
    {
        const u32 held = _queue.cost() + static_cast<u32>(_received.footprint()) + _taken;
        if (held - _accounted + accounting_step >= 2 * accounting_step) [[unlikely]]
            account_for(held);
    }
    void account_for(u32 held) REQUIRES(lock);

    // end.cc
    void end(errc why) REQUIRES(lock);
    void enter_time_wait(instant now) REQUIRES(lock);
    void remove_from_table() REQUIRES(lock);
    void become_orphan() REQUIRES(lock);
    void settle_ended();
    void notify(u32 events) REQUIRES(lock);
    void finish_closing(instant now) REQUIRES(lock);
    const congestion_control& algorithm() const REQUIRES(lock)
    {
        return chosen.congestion ? *chosen.congestion : congestion_control::standard();
    }

    protocol& _protocol;
    socket* _socket GUARDED_BY(lock) = nullptr; // null: nobody accepted it yet, or nobody holds it any more
    ref_ptr<listener> _listener GUARDED_BY(lock);
    list_hook _listener_hook; // the listener's lock
    ref_ptr<path> _path GUARDED_BY(lock);
    net::interface* _interface GUARDED_BY(lock) = nullptr; // where it must leave; null: anywhere

    errc _error GUARDED_BY(lock){};
    errc _soft_error GUARDED_BY(lock){}; // what ICMP said; told when time is over
    state _state GUARDED_BY(lock) = state::closed;
    std::atomic<ending> _ending{ending::no};
    std::atomic<bool> _quiet{false}; // ended by data and by notify()
    bool _bound : 1 GUARDED_BY(lock) = false;
    bool _receive_shut_down : 1 GUARDED_BY(lock) = false;
    bool _send_shut_down : 1 GUARDED_BY(lock) = false;
    bool _was_established : 1 GUARDED_BY(lock) = false;
    bool _orphan : 1 GUARDED_BY(lock) = false; // no socket will ever read or write again
    bool _fin_received : 1 GUARDED_BY(lock) = false;
    bool _fin_known : 1 GUARDED_BY(lock) = false; // it came, maybe beyond a gap
    bool _writer_waits : 1 GUARDED_BY(lock) = false;
    bool _passive : 1 GUARDED_BY(lock) = false;
    bool _deferred_ack_seen : 1 GUARDED_BY(lock) = false; // TCP_DEFER_ACCEPT
    bool _more : 1 GUARDED_BY(lock) = false;              // MSG_MORE
    // What both sides agreed on.
    bool _timestamps : 1 GUARDED_BY(lock) = false;
    bool _sack : 1 GUARDED_BY(lock) = false;
    bool _scaling : 1 GUARDED_BY(lock) = false;
    bool _ecn : 1 GUARDED_BY(lock) = false;
    bool _ecn_requested : 1 GUARDED_BY(lock) = false;
    bool _echo_congestion : 1 GUARDED_BY(lock) = false; // ECE until CWR comes
    bool _window_reduced : 1 GUARDED_BY(lock) = false;  // CWR with the next data
    // Acknowledgements to send.
    bool _ack_now : 1 GUARDED_BY(lock) = false;
    bool _ack_later : 1 GUARDED_BY(lock) = false;
    bool _interactive : 1 GUARDED_BY(lock) = false; // we answer what we get: an answer will carry it
    u8 _quick_acks GUARDED_BY(lock) = 0;
    u8 _send_scale GUARDED_BY(lock) = 0, _receive_scale GUARDED_BY(lock) = 0;

    // Sending: SND.UNA is _queue.begin() and SND.NXT is _queue.next(), but for the SYN.
    send_queue _queue GUARDED_BY(lock);
    sequence _initial_send GUARDED_BY(lock);
    sequence _window_from_begin GUARDED_BY(lock), _window_from_ack GUARDED_BY(lock); // SND.WL1, SND.WL2
    sequence _small_end GUARDED_BY(lock); // behind the last segment that was not full (Minshall's Nagle)
    u32 _send_window GUARDED_BY(lock) = 0;
    u32 _greatest_send_window GUARDED_BY(lock) = 0;
    u32 _segment_size GUARDED_BY(lock) = 536; // payload of a full segment, options taken off
    u32 _send_buffer GUARDED_BY(lock) = settings::initial_send_buffer;
    u64 _pseudo_sum GUARDED_BY(lock) = 0; // of the addresses, without a length
    u16 _peer_max_segment GUARDED_BY(lock) = 536;
    u16 _announced_max_segment GUARDED_BY(lock) = 536;
    u32 _receive_buffer GUARDED_BY(lock) = settings::initial_receive_buffer;

    // Receiving.
    receive_queue _received GUARDED_BY(lock);
    sequence _initial_receive GUARDED_BY(lock);
    sequence _receive_next GUARDED_BY(lock);
    sequence _receive_edge GUARDED_BY(lock); // what was announced ends here
    sequence _data_end GUARDED_BY(lock);     // _receive_next without the FIN
    sequence _fin_at GUARDED_BY(lock);
    sequence _last_ack_sent GUARDED_BY(lock);
    std::atomic<u32> _read_to{0}; // the application has read so far; written by readers, one at a time
    u32 _receive_segment_size GUARDED_BY(lock) = 536;      // the largest that came
    std::atomic<u32> _announced_edge{0}, _window_limit{0}; // for window_worth_announcing()
    tcp_options::sack_block _duplicate GUARDED_BY(lock){}; // D-SACK to report; empty: none

    // Memory (memory.hh).
    u32 _accounted GUARDED_BY(lock) = 0; // what the protocol was told
    u32 _taken GUARDED_BY(lock) = 0;     // of packets that the reader took and has not read

    // How fast the application reads, for the buffer's growth.
    u32 _read_at_measurement GUARDED_BY(lock) = 0;
    u32 _best_read GUARDED_BY(lock) = 0;
    instant _measurement_begin GUARDED_BY(lock){};

    // Timestamps (RFC 7323).
    instant _recent_timestamp_at GUARDED_BY(lock){};
    u32 _recent_timestamp GUARDED_BY(lock) = 0; // TS.Recent
    u32 _timestamp_offset GUARDED_BY(lock) = 0;
    instant _last_arrival GUARDED_BY(lock){};
    instant _last_sent GUARDED_BY(lock){};

    // Loss and congestion.
    rtt_estimator _rtt GUARDED_BY(lock);
    u32 _rack_round_trip GUARDED_BY(lock) = 0; // in microseconds
    congestion_state _congestion GUARDED_BY(lock);
    phase _phase GUARDED_BY(lock) = phase::open;
    retransmission _retransmission GUARDED_BY(lock) = retransmission::none;
    u8 _backoff GUARDED_BY(lock) = 0;
    u8 _probes GUARDED_BY(lock) = 0; // unanswered: keep-alive or zero window
    u8 _duplicate_acks GUARDED_BY(lock) = 0;
    u8 _reordering_steps GUARDED_BY(lock) = 1; // RACK.reo_wnd_mult
    u8 _reordering_persists GUARDED_BY(lock) = 16;
    bool _reordering_seen : 1 GUARDED_BY(lock) = false;
    bool _probe_outstanding : 1 GUARDED_BY(lock) = false; // TLP.end_seq is valid
    bool _probe_retransmits : 1 GUARDED_BY(lock) = false;
    bool _window_limited : 1 GUARDED_BY(lock) = false; // there was more to send than the window let
    bool _undo_possible : 1 GUARDED_BY(lock) = false;
    bool _recovery_retransmitted : 1 GUARDED_BY(lock) = false;
    sequence _probe_end GUARDED_BY(lock);
    sequence _recovery_end GUARDED_BY(lock);      // recovery is over when this is acknowledged
    sequence _reduction_end GUARDED_BY(lock);     // ECN: once for each window
    sequence _highest_delivered GUARDED_BY(lock); // RACK.fack
    sequence _rack_end GUARDED_BY(lock);
    sequence _duplicate_round_end GUARDED_BY(lock); // RACK.dsack_round
    u32 _last_challenge GUARDED_BY(lock) = 0;       // in milliseconds; 0: never
    instant _rack_sent_at GUARDED_BY(lock){};
    u32 _window_before GUARDED_BY(lock) = 0, _threshold_before GUARDED_BY(lock) = 0;
    u32 _first_retransmission_stamp GUARDED_BY(lock) = 0;
    u32 _retransmissions_to_undo GUARDED_BY(lock) = 0;
    u32 _total_retransmissions GUARDED_BY(lock) = 0;
    u32 _recovery_flight GUARDED_BY(lock) = 0, _recovery_delivered GUARDED_BY(lock) = 0,
                         _recovery_sent GUARDED_BY(lock) = 0; // RFC 6937
    instant _last_progress GUARDED_BY(lock){};                // SND.UNA moved
    instant _first_timeout GUARDED_BY(lock){};                // of a series, for giving up
    u64 _bytes_sent GUARDED_BY(lock) = 0, _bytes_received GUARDED_BY(lock) = 0;
    u32 _segments_out GUARDED_BY(lock) = 0, _segments_in GUARDED_BY(lock) = 0;

    instant _deadlines[deadline_count] GUARDED_BY(lock);
    // The timer is armed under the lock and holds a reference then.
    instant _armed_for GUARDED_BY(lock) = timekeeping::never;

  public:
    using waiting_list =
        intrusive::list<connection,
                        intrusive::member_hook<connection, list_hook, &connection::_listener_hook>,
                        intrusive::constant_time_size<false>>;
};
} // namespace net::tcp
