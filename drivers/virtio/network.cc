// The card: set-up, queue pairs, link; see network.hh.
#include "drivers/virtio/network.hh"

#include <algorithm>
#include <cstring>

#include "arch/cpu.hh"
#include "core/random.hh"

namespace virtio
{
namespace
{
namespace field
{
constexpr size_t address = 0, status = 6, most_pairs = 8, mtu = 10;
}

constexpr u16 link_is_up = 1;
constexpr u16 ring_size = 256;
constexpr u16 control_size = 4;
constexpr u16 most_pairs = 16; // vectors are shared with all devices
constexpr u32 least_mtu = 68;  // RFC 791
constexpr u32 poll_limit = 64; // frames in one go

/// Without buffers that can be merged each frame must fit into one.
constexpr u32 mtu_of_one_buffer = packet_buffer::page_capacity - sizeof(network_header) - 18;

constexpr u64 wanted_features =
    network_feature::checksum | network_feature::guest_checksum | network_feature::mtu |
    network_feature::mac | network_feature::guest_tcp4 | network_feature::guest_tcp6 |
    network_feature::guest_ecn | network_feature::host_tcp4 | network_feature::host_tcp6 |
    network_feature::host_ecn | network_feature::merged_buffers | network_feature::status |
    network_feature::control_queue | network_feature::control_receive | network_feature::several_queues;

/// Large segments come in over several buffers or not at all.
u64 sensible(u64 features)
{
    if (!(features & network_feature::merged_buffers))
        features &= ~(network_feature::guest_tcp4 | network_feature::guest_tcp6 | network_feature::guest_ecn);
    return features;
}

/// One of our own choice: locally administered, for a single host (IEEE 802).
mac_address random_address()
{
    mac_address a;
    random_fill(std::as_writable_bytes(std::span(a)));
    a[0] = static_cast<u8>((a[0] | 2) & ~1);
    return a;
}
} // namespace

result<unique_ptr<network>> network::create(unique_ptr<transport> t, unsigned cpus)
{
    auto made = TRY(try_make_unique<network>(std::move(t)));
    TRY(made->initialize(cpus));
    return made;
}

result<void> network::initialize(unsigned cpus)
{
    TRY(negotiate(wanted_features, sensible));
    TRY(read_configuration());
    TRY(connect(static_cast<u16>(2 * _pairs_offered + 1)));
    const bool several = has_feature(network_feature::several_queues) &&
                         has_feature(network_feature::control_queue) && has_queue_interrupts();
    const unsigned useful = std::min<unsigned>(cpus, most_pairs);
    TRY(make_pairs(several ? static_cast<u16>(std::min<unsigned>(_pairs_offered, useful)) : u16{1}));
    if (has_feature(network_feature::control_queue))
        TRY(make_control());
    return {};
}

result<void> network::read_configuration()
{
    if (has_feature(network_feature::several_queues))
        _pairs_offered = configuration<u16>(field::most_pairs);
    if (_pairs_offered == 0 || _pairs_offered > 0x8000 - 1)
        return fail(errc::einval);
    _address =
        has_feature(network_feature::mac) ? configuration<mac_address>(field::address) : random_address();
    if (has_feature(network_feature::mtu))
        _mtu = configuration<u16>(field::mtu);
    _mtu = std::clamp(_mtu, least_mtu, merges() ? 0xffff : mtu_of_one_buffer);
    if (has_feature(network_feature::status))
        _link_up = configuration<u16>(field::status) & link_is_up;
    return {};
}

result<void> network::make_pairs(u16 count)
{
    for (u16 i = 0; i < count; i++) {
        auto in = TRY(make_queue(static_cast<u16>(2 * i), ring_size, i));
        auto out = TRY(make_queue(static_cast<u16>(2 * i + 1), ring_size, i));
        auto made = TRY(try_make_unique<pair>(*this, i, std::move(in), std::move(out)));
        TRY(_pairs.push_back(std::move(made)));
    }
    return {};
}

result<void> network::make_control()
{
    const auto index = static_cast<u16>(2 * _pairs_offered);
    const auto tell = [](void* self) {
        auto& n = *static_cast<network*>(self);
        n.notify(static_cast<u16>(2 * n._pairs_offered));
    };
    _control.emplace(TRY(make_queue(index, control_size)), tell, this);
    return {};
}

network_device::capabilities network::offers() const
{
    const bool checksum = has_feature(network_feature::checksum);
    return {.transmit_checksum = checksum,
            .segmentation4 = checksum && has_feature(network_feature::host_tcp4),
            .segmentation6 = checksum && has_feature(network_feature::host_tcp6),
            .segmentation_ecn = has_feature(network_feature::host_ecn)};
}

result<void> network::attach(receiver& r)
{
    for (auto& p : _pairs)
        TRY(p->receive.fill());
    _receiver = &r;
    start();
    for (auto& p : _pairs)
        if (p->receive.publish())
            notify(p->receive_queue());
    if (_pairs.size() > 1)
        TRY(start_other_pairs());
    return {};
}

void network::use_pairs(u16 count)
{
    if (count > 1 && _control && _control->use_queue_pairs(count))
        _pairs_in_use.store(count, std::memory_order_relaxed);
}

void network::transmit(packet_queue frames)
{
    pair& p = *_pairs[arch::current_cpu() % _pairs_in_use.load(std::memory_order_relaxed)];
    if (p.transmit.send(std::move(frames)))
        notify(p.transmit_queue());
}

result<void> network::set_filter(const filter& wanted)
{
    if (!_control || !has_feature(network_feature::control_receive))
        return fail(errc::eopnotsupp);
    TRY(_control->set_multicast(wanted.multicast));
    TRY(_control->set_all_multicast(wanted.all_multicast));
    return _control->set_promiscuous(wanted.promiscuous);
}

void network::queue_interrupt(u16 queue)
{
    if (_control && (queue == any_queue || queue == 2 * _pairs_offered))
        _control->interrupt();
    if (queue == any_queue) {
        for (auto& p : _pairs)
            p->raise();
    } else if (queue / 2u < _pairs.size()) {
        _pairs[queue / 2u]->raise();
    }
}

bool network::pair::work(deferred_work& self)
{
    auto& p = static_cast<pair&>(self);
    return p.owner.poll(p);
}

/// Whether there is more to receive.
bool network::poll(pair& p)
{
    if (!_receiver)
        return false; // an interrupt before anybody wants to receive
    if (p.transmit.clean_up())
        notify(p.transmit_queue());
    packet_queue frames = p.receive.poll(poll_limit);
    const bool full = frames.count() == poll_limit;
    if (p.receive.publish())
        notify(p.receive_queue());
    if (!frames.empty())
        _receiver->receive(*this, std::move(frames));
    return full || p.receive.enable_interrupt();
}

bool network::link_work::work(deferred_work& self)
{
    static_cast<link_work&>(self).owner.check_link();
    return false;
}

void network::check_link()
{
    if (!has_feature(network_feature::status))
        return;
    const bool up = configuration<u16>(field::status) & link_is_up;
    if (_link_up.exchange(up, std::memory_order_relaxed) != up && _receiver)
        _receiver->link_changed(*this);
}
} // namespace virtio
