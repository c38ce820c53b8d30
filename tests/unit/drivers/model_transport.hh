// A virtio device in the test process: configuration and features in memory, queues worked by a thread of its
// own.
//
// The test gives a function that is called in that thread for each chain of a queue; what it answers goes
// back as written bytes, and the driver's interrupt handler runs there too. Chains may also be held back and
// finished later.
#pragma once

#include <condition_variable>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "core/sched/deferred_work.hh"
#include "drivers/virtio/device.hh"
#include "tests/unit/drivers/model_queue.hh"

/// Shared by the test and the transport that the driver owns.
class model_device
{
  public:
    /// The number of bytes written, or nothing: the chain stays with the device until it asks again.
    using chain_handler = std::function<std::optional<u32>(u16 queue, model_chain& chain)>;

    u64 features =
        virtio::feature::version_1 | virtio::feature::event_index | virtio::feature::indirect_descriptors;
    std::vector<std::byte> configuration;
    u16 queue_limit = 128;
    u16 queue_count = 1;
    virtio::device_type type = virtio::device_type::none;
    bool refuses_features = false;

    template <class T>
    void set_configuration(size_t offset, T value)
    {
        if (configuration.size() < offset + sizeof value)
            configuration.resize(offset + sizeof value);
        std::memcpy(configuration.data() + offset, &value, sizeof value);
    }

    ~model_device() { stop(); }

    void start(chain_handler handler)
    {
        _handler = std::move(handler);
        _thread = std::thread([this] { run(); });
    }
    void stop()
    {
        {
            std::lock_guard guard(_mutex);
            _stopping = true;
        }
        _changed.notify_all();
        if (_thread.joinable())
            _thread.join();
    }
    /// Lets the device look at its queues again (held-back chains, work of the test's own).
    void poke()
    {
        std::lock_guard guard(_mutex);
        _work = true;
        _changed.notify_all();
    }
    u8 status() const { return _status; }
    u64 accepted_features() const { return _accepted; }

  private:
    friend class model_transport;

    void run()
    {
        std::unique_lock lock(_mutex);
        while (!_stopping) {
            _changed.wait(lock, [&] { return _work || _stopping; });
            _work = false;
            lock.unlock();
            work();
            lock.lock();
        }
    }
    void work()
    {
        if (!(_status & virtio::status::driver_ok))
            return;
        for (auto& [number, queue] : _queues) {
            bool interrupt = false;
            for (;;) {
                auto& held = _held[number];
                if (!held)
                    held = queue.next();
                if (!held)
                    break;
                const auto written = _handler(number, *held);
                if (!written)
                    break;
                interrupt |= queue.finish(held->head, *written);
                held.reset();
            }
            if (interrupt && _sink) {
                _sink->queue_interrupt(number);
                sched::run_deferred_work(); // this thread is the interrupted CPU
            }
        }
    }

    chain_handler _handler;
    std::thread _thread;
    std::mutex _mutex;
    std::condition_variable _changed;
    bool _work = false;
    bool _stopping = false;
    std::map<u16, model_queue> _queues;
    std::map<u16, std::optional<model_chain>> _held;
    virtio::interrupt_sink* _sink = nullptr;
    std::atomic<u8> _status{0};
    u64 _accepted = 0;
};

class model_transport final : public virtio::transport
{
  public:
    explicit model_transport(model_device& d) : _device(d) {}

    virtio::device_type type() const override { return _device.type; }
    u8 read_status() override
    {
        const u8 value = _device._status;
        return _device.refuses_features ? static_cast<u8>(value & ~virtio::status::features_ok) : value;
    }
    void write_status(u8 value) override
    {
        _device._status = value;
        if (value & virtio::status::driver_ok)
            _device.poke();
    }
    result<void> reset() override
    {
        _device._status = 0;
        return {};
    }
    u64 device_features() override { return _device.features; }
    void accept_features(u64 features) override { _device._accepted = features; }
    void read_configuration(size_t offset, std::span<std::byte> to) override
    {
        for (size_t i = 0; i < to.size(); i++)
            to[i] =
                offset + i < _device.configuration.size() ? _device.configuration[offset + i] : std::byte{0};
    }
    void write_configuration(size_t, std::span<const std::byte>) override {}
    u32 configuration_generation() override { return 0; }
    result<void> connect_interrupts(virtio::interrupt_sink& sink, u16) override
    {
        _device._sink = &sink;
        return {};
    }
    u16 queue_limit(u16 index) override { return index < _device.queue_count ? _device.queue_limit : u16{0}; }
    bool has_queue_interrupts() const override { return true; }
    result<void> enable_queue(u16 index, const virtio::virtqueue& queue, std::optional<unsigned>) override
    {
        const bool event_index = _device._accepted & virtio::feature::event_index;
        _device._queues.emplace(index, model_queue(queue, event_index));
        return {};
    }
    void notify(u16) override { _device.poke(); }

  private:
    model_device& _device;
};
