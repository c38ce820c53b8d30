// Two network cards joined by a cable whose faults a test chooses; for host programs only.
//
// Each direction has a transmitter of a certain rate with a queue in front of it, then a delay. Faults are
// drawn from one seed, which the test prints, so that every run can be repeated. The cable lives in virtual
// time. Frames are copied into buffers of a page, as a real card does.
#pragma once

#include <map>
#include <random>

#include "core/device/network_device.hh"
#include "core/sched/deferred_work.hh"
#include "core/time/timer.hh"
#include "net/testing/pcap.hh"

namespace net::testing
{
/// Probabilities are from 0 to 1.
struct wire_quality {
    u64 bits_per_second = 0; // 0: no limit
    nanoseconds delay = microseconds(50);
    u32 queue_limit = 1000; // frames that wait for the transmitter; more are dropped
    double loss = 0;
    double duplication = 0;
    double reordering = 0;                            // delayed once more, by
    nanoseconds reordering_delay = microseconds(500); // up to this
    double corruption = 0;                            // one bit is turned over
};

class wire;

class wire_end final : public network_device
{
  public:
    wire_end(wire& w, unsigned side);

    mac_address address() const override { return _address; }
    u32 mtu() const override { return _mtu; }
    bool link_up() const override { return _up; }
    capabilities offers() const override { return _offers; }
    void transmit(packet_queue frames) override;
    result<void> set_filter(const filter&) override { return fail(errc::eopnotsupp); }
    result<void> attach(receiver& r) override;

    /// Before it is attached. What is offered is not done but let through, as between two virtual machines.
    void set_capabilities(capabilities c) { _offers = c; }
    void set_mtu(u32 mtu) { _mtu = mtu; }
    void set_link_up(bool up);

    /// A frame that the other side did not send; `checksum` as if the card had looked at it.
    void inject(std::span<const std::byte> frame, packet_checksum checksum = packet_checksum::unknown);

  private:
    friend class wire;
    struct flight {
        instant arrival;
        u64 order; // frames of one instant stay in order
        auto operator<=>(const flight&) const = default;
    };
    struct work : sched::deferred_work {
        explicit work(wire_end& e) : deferred_work(&wire_end::deliver), end(e) {}
        wire_end& end;
    };
    struct arrival_timer : timekeeping::timer {
        explicit arrival_timer(wire_end& e) : timer(&wire_end::arrived), end(e) {}
        wire_end& end;
    };
    static bool deliver(sched::deferred_work& w);
    static void arrived(timekeeping::timer& t);
    void send_one(packet& frame);
    void receive_later(packet_ptr frame, instant arrival);

    wire& _wire;
    const unsigned _side;
    mac_address _address;
    u32 _mtu = 1500;
    bool _up = true;
    capabilities _offers;
    receiver* _receiver = nullptr;
    instant _transmitter_free{};
    std::map<flight, packet_ptr> _incoming; // on their way to this end
    u64 _order = 0;
    packet_queue _arrived;
    work _work{*this};
    arrival_timer _timer{*this};
};

class wire
{
  public:
    explicit wire(u64 seed, const wire_quality& both = {});

    wire_end& end(unsigned side) { return _ends[side]; }
    /// Of what side `from` sends.
    wire_quality& quality(unsigned from) { return _quality[from]; }
    void set_quality(const wire_quality& both) { _quality[0] = _quality[1] = both; }
    /// Writes what side 0 sends and receives into a file, for tcpdump -r.
    void capture(const char* path) { _capture.open(path); }

    /// Looks at each frame before it is sent; returns false to drop it.
    using tap = bool (*)(void* context, unsigned from, std::span<const std::byte> frame);
    void set_tap(tap t, void* context) { _tap = t, _tap_context = context; }

    struct counts {
        u64 sent = 0, lost = 0, overflowed = 0, duplicated = 0, reordered = 0, corrupted = 0;
    };
    const counts& count(unsigned from) const { return _counts[from]; }

  private:
    friend class wire_end;
    bool happens(double probability);
    u64 below(u64 limit) { return limit ? _random() % limit : 0; }

    std::mt19937_64 _random;
    wire_quality _quality[2];
    counts _counts[2];
    pcap_writer _capture;
    tap _tap = nullptr;
    void* _tap_context = nullptr;
    wire_end _ends[2];
};
} // namespace net::testing
