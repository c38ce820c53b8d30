// The DHCP client of one interface (RFC 2131 §4.4). It runs beside the program: nobody waits for it.
//
//     init -discover-> selecting -offer, request-> requesting -ack-> bound -T1-> renewing -T2-> rebinding
//       ^                  no answer: again           |  nak           ^-------------- ack ---------'   |
//       '---------------------------------------------'------------------------ nak, lease over --------'
//
// All of it happens in one piece of deferred work, which arriving datagrams and a timer raise; a piece of
// work never runs twice at once, so its state needs no lock.
#pragma once

#include "core/base/make_unique.hh"
#include "core/sched/deferred_work.hh"
#include "core/sync/wait_queue.hh"
#include "core/time/timer.hh"
#include "net/dhcp/message.hh"
#include "net/socket/socket.hh"

namespace net
{
class interface;
}

namespace net::dhcp
{
class client
{
  public:
    /// Thread context. Errors: enomem, eaddrinuse (somebody else has the client's port).
    static result<unique_ptr<client>> create(interface& on);
    /// For create().
    explicit client(interface& on) : _interface(on) {}
    ~client();

    /// Begins anew, keeping an address only if the server confirms it. Any context.
    void restart();

    enum class state : u8 { init, selecting, requesting, bound, renewing, rebinding };
    state now_in() const { return _state; }

  private:
    struct work : sched::deferred_work {
        explicit work(client& c) : deferred_work(&client::run), owner(c) {}
        client& owner;
    };
    struct alarm : timekeeping::timer {
        explicit alarm(client& c) : timer(&client::ring), owner(c) {}
        client& owner;
    };
    struct arrival : waiter {
        explicit arrival(client& c) : waiter(&client::arrived), owner(c) {}
        client& owner;
    };
    static bool run(sched::deferred_work& w);
    static void ring(timekeeping::timer& t) { static_cast<alarm&>(t).owner._work.raise(); }
    static waiter::reaction arrived(waiter& w, u32)
    {
        static_cast<arrival&>(w).owner._work.raise();
        return waiter::reaction::passed_on; // stays in the queue
    }

    result<void> open();
    void read_answers();
    void take(const reply& r);
    void time_passed();
    void begin();
    void ask(message_type type);
    void use(const reply& r);
    void give_up_address();
    void enter(state s, instant deadline);

    interface& _interface;
    ref_ptr<socket> _socket;
    std::atomic<bool> _restart{false};
    state _state = state::init;
    u32 _transaction = 0;
    unsigned _attempts = 0;
    instant _began{};
    instant _deadline{}; // of this state's next step
    instant _renew_at{}, _rebind_at{}, _expires{};
    ipv4_address _address; // ours, or the one that was offered
    ipv4_address _server;
    bool _configured = false;
    work _work{*this};
    alarm _alarm{*this};
    arrival _arrival{*this};
};
} // namespace net::dhcp
