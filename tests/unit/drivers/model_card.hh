// A network card in the test process: frames that the test lets arrive, frames that were sent, commands.
#pragma once

#include <deque>

#include "drivers/virtio/network.hh"
#include "tests/unit/drivers/model_transport.hh"

class model_card final : public model_device, public network_device::receiver
{
  public:
    using bytes = std::vector<std::byte>;
    struct sent_frame {
        u16 queue;
        virtio::network_header header;
        bytes frame;
    };

    explicit model_card(u16 pairs = 1)
    {
        namespace feature = virtio::network_feature;
        features |= feature::mac | feature::status | feature::merged_buffers | feature::control_queue |
                    feature::control_receive | feature::checksum | feature::guest_checksum |
                    feature::host_tcp4 | feature::host_tcp6 | feature::guest_tcp4 | feature::guest_tcp6 |
                    feature::mtu;
        if (pairs > 1)
            features |= feature::several_queues;
        set_configuration<mac_address>(0, {0x52, 0x54, 0, 1, 2, 3});
        set_configuration<u16>(6, 1);
        set_configuration<u16>(8, pairs);
        set_configuration<u16>(10, 9000);
        queue_count = static_cast<u16>(2 * pairs + 1);
        queue_limit = 256;
    }
    ~model_card() { stop(); }

    result<virtio::network*> make(unsigned cpus = 1)
    {
        start([this](u16 queue, model_chain& chain) { return serve(queue, chain); });
        auto transport = TRY(try_make_unique<model_transport>(*this));
        auto card = TRY(virtio::network::create(unique_ptr<virtio::transport>(transport.release()), cpus));
        driver = card.get();
        static std::vector<unique_ptr<virtio::network>> all; // the device's thread looks at their rings
        all.push_back(std::move(card));
        return driver;
    }
    virtio::network& attached(unsigned cpus = 1)
    {
        auto made = make(cpus);
        EXPECT_TRUE(made);
        EXPECT_TRUE(driver->attach(*this));
        return *driver;
    }

    /// Lets a frame arrive, cut into buffers as the device would; says so unless told otherwise.
    void arrive(const bytes& frame, virtio::network_header header = {}, u16 queue = 0,
                std::optional<u16> buffers = {})
    {
        const size_t room = packet_buffer::page_capacity;
        bytes all(sizeof header + frame.size());
        header.buffers = buffers.value_or(static_cast<u16>((all.size() + room - 1) / room));
        std::memcpy(all.data(), &header, sizeof header);
        std::copy(frame.begin(), frame.end(), all.begin() + sizeof header);
        {
            std::lock_guard guard(mutex);
            for (size_t at = 0; at < all.size(); at += room) {
                const auto begin = all.begin() + static_cast<long>(at);
                to_write[queue].emplace_back(begin,
                                             begin + static_cast<long>(std::min(room, all.size() - at)));
            }
        }
        poke();
    }

    void receive(network_device&, packet_queue frames) override
    {
        std::lock_guard guard(mutex);
        while (auto p = frames.pop())
            received.push_back(std::move(p));
    }
    void link_changed(network_device&) override { link_changes++; }

    size_t received_count()
    {
        std::lock_guard guard(mutex);
        return received.size();
    }
    size_t sent_count()
    {
        std::lock_guard guard(mutex);
        return sent.size();
    }
    bool all_written()
    {
        std::lock_guard guard(mutex);
        return to_write[0].empty();
    }

    virtio::network* driver = nullptr;
    std::mutex mutex;
    std::map<u16, std::deque<bytes>> to_write;
    std::vector<packet_ptr> received;
    std::vector<sent_frame> sent;
    std::vector<bytes> commands;
    std::atomic<unsigned> link_changes{0};
    std::atomic<bool> stalled{false};
    std::atomic<u8> control_answer{0};

  private:
    std::optional<u32> serve(u16 queue, model_chain& chain)
    {
        std::lock_guard guard(mutex);
        if (queue == queue_count - 1) {
            commands.push_back(chain.readable);
            const std::byte answer{control_answer.load()};
            return chain.write({&answer, 1});
        }
        if (queue % 2 == 0) {
            auto& waiting = to_write[queue];
            if (waiting.empty())
                return {};
            const u32 written = chain.write(waiting.front());
            waiting.pop_front();
            return written;
        }
        if (stalled)
            return {};
        sent_frame f{queue, {}, {}};
        std::memcpy(&f.header, chain.readable.data(), sizeof f.header);
        f.frame.assign(chain.readable.begin() + sizeof f.header, chain.readable.end());
        sent.push_back(std::move(f));
        return 0;
    }
};
