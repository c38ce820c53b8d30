// See network.hh.
#include "drivers/xen/network.hh"

#include "core/log.hh"

namespace xen
{
namespace
{
constexpr u32 poll_limit = 64; // answers in one go
} // namespace

result<unique_ptr<network>> network::create(back_end& b, const mac_address& address, u32 mtu)
{
    const shared_page receive = TRY(make_shared_page(b));
    const shared_page transmit = TRY(make_shared_page(b));
    auto made = TRY(try_make_unique<network>(b, address, mtu, receive.memory, transmit.memory));
    made->_receive_grant = receive.grant;
    made->_transmit_grant = transmit.grant;
    TRY(made->_receive.prepare(b));
    TRY(made->_transmit.prepare(b));
    return made;
}

void network::set_properties(const properties& p)
{
    _properties = p;
    _transmit.set_scatter_gather(p.scatter_gather);
}

network_device::capabilities network::offers() const
{
    // Large segments are several pages, and their checksums cannot be complete.
    const bool segments = _properties.scatter_gather && _properties.checksum;
    return {.transmit_checksum = _properties.checksum,
            .segmentation4 = segments && _properties.segmentation4,
            .segmentation6 = segments && _properties.segmentation6};
}

result<void> network::attach(receiver& r)
{
    _receiver.store(&r, std::memory_order_release);
    _receive.fill();
    if (_receive.publish())
        _back_end.notify();
    _work.raise(); // what came before is looked at, and the first event asked for
    return {};
}

void network::transmit(packet_queue frames)
{
    if (_transmit.send(std::move(frames)))
        _back_end.notify();
}

/// Whether there is more to receive.
bool network::poll()
{
    receiver* const r = _receiver.load(std::memory_order_acquire);
    if (!r)
        return false; // attach() raises it again
    auto [frames, more] = _receive.poll(poll_limit);
    const bool pages_offered = _receive.publish();
    const bool frames_sent = _transmit.clean_up();
    if (pages_offered || frames_sent)
        _back_end.notify();
    if (!frames.empty())
        r->receive(*this, std::move(frames));
    if (_receive.broken() || _transmit.broken()) {
        if (link_up())
            klog::line("{}: the back end breaks the ring's rules; the card is not used any more", name());
        take_link_down();
        return false;
    }
    return more || _receive.enable_events();
}

void network::back_end_gone()
{
    if (link_up())
        klog::line("{}: the back end is gone", name());
    take_link_down();
}

void network::take_link_down()
{
    _transmit.stop();
    if (!_link_up.exchange(false))
        return;
    if (receiver* const r = _receiver.load(std::memory_order_acquire))
        r->link_changed(*this);
}
} // namespace xen
