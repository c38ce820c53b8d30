// xen-blkback in the test process: a thread of its own takes requests off the ring and answers them, in any
// order.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "core/mm/layout.hh"
#include "drivers/xen/block.hh"

class model_xen_disk final : public xen::back_end
{
  public:
    static constexpr size_t sector = block_device::sector_size;

    explicit model_xen_disk(size_t sectors) : data(sectors * sector)
    {
        for (size_t i = 0; i < data.size(); i++)
            data[i] = static_cast<std::byte>(i / sector + i);
    }
    ~model_xen_disk() { stop(); }

    xen::block& make(xen::block::properties p = {})
    {
        auto made = xen::block::create(*this, 'a');
        EXPECT_TRUE(made);
        static std::vector<unique_ptr<xen::block>> all; // its pages are this side's, too
        _driver = all.emplace_back(made.take()).get();
        p.sectors = data.size() / sector;
        p.has_flush = true;
        _driver->set_properties(p);
        _thread = std::thread([this] { run(); });
        return *_driver;
    }

    result<u32> share(phys_addr page) override
    {
        std::lock_guard guard(_mutex);
        if (_pages.size() >= most_pages)
            return fail(errc::enospc);
        _pages.push_back(mm::to_virtual<std::byte>(page));
        return static_cast<u32>(_pages.size() + 7);
    }
    void notify() override
    {
        std::lock_guard guard(_mutex);
        _notified = true;
        notifications++;
        _changed.notify_all();
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

    std::vector<std::byte> data;
    size_t most_pages = 10000;
    std::atomic<unsigned> requests{0}, indirect_requests{0}, flushes{0}, notifications{0};
    std::atomic<u64> bad_sector{~u64{0}};
    std::atomic<bool> silent{false}, wrong_ids{false}, too_many_answers{false};

  private:
    xen::ring_header& ring() { return *reinterpret_cast<xen::ring_header*>(_pages[0]); }
    std::byte* slot(u32 number)
    {
        return _pages[0] + sizeof(xen::ring_header) + (number % 32) * sizeof(xen::disk_request);
    }
    std::byte* page(u32 grant) { return _pages.at(grant - 8); }

    void run()
    {
        std::unique_lock lock(_mutex);
        while (!_stopping) {
            _changed.wait_for(lock, std::chrono::milliseconds(5), [&] { return _notified || _stopping; });
            _notified = false;
            do {
                std::vector<std::pair<u64, s16>> done;
                while (!silent && _consumed != std::atomic_ref(ring().request_producer).load())
                    done.push_back(serve(slot(_consumed++)));
                // The last one first.
                for (auto i = done.rbegin(); i != done.rend(); ++i)
                    answer(i->first, i->second);
                if (!done.empty())
                    publish(lock);
                std::atomic_ref(ring().request_event).store(_consumed + 1);
            } while (!silent && _consumed != std::atomic_ref(ring().request_producer).load());
        }
    }

    void answer(u64 id, s16 status)
    {
        const xen::disk_answer a{.id = wrong_ids ? id + 100 : id, .status = status};
        memcpy(slot(_answered++), &a, sizeof a);
    }

    void publish(std::unique_lock<std::mutex>& lock)
    {
        const u32 before = std::exchange(_published, _answered);
        const u32 shown = too_many_answers ? _answered + 40 : _answered;
        std::atomic_ref(ring().answer_producer).store(shown);
        const u32 wanted = std::atomic_ref(ring().answer_event).load();
        if (!too_many_answers && _answered - wanted >= _answered - before)
            return;
        lock.unlock();
        _driver->interrupt();
        lock.lock();
    }

    std::pair<u64, s16> serve(const std::byte* at)
    {
        xen::disk_request r;
        memcpy(&r, at, sizeof r);
        requests++;
        if (r.operation == xen::disk_operation::flush) {
            flushes++;
            return {r.id, xen::disk_answer::good};
        }
        std::vector<xen::disk_segment> segments(r.segments, r.segments + std::min<size_t>(r.count, 11));
        u64 first = r.sector;
        u64 id = r.id;
        u8 what = r.operation;
        if (r.operation == xen::disk_operation::indirect) {
            const auto i = std::bit_cast<xen::indirect_disk_request>(r);
            indirect_requests++;
            id = i.id;
            first = i.sector;
            what = i.what;
            const auto* list = reinterpret_cast<const xen::disk_segment*>(page(i.pages[0]));
            segments.assign(list, list + i.count);
        }
        for (const auto& s : segments) {
            const size_t length = (s.last - s.first + 1u) * sector;
            if (s.last > 7 || s.first > s.last || first * sector + length > data.size() ||
                first == bad_sector)
                return {id, s16{-1}};
            std::byte* const medium = data.data() + first * sector;
            std::byte* const memory = page(s.grant) + s.first * sector;
            const bool writes = what == xen::disk_operation::write;
            memcpy(writes ? medium : memory, writes ? memory : medium, length);
            first += length / sector;
        }
        return {id, xen::disk_answer::good};
    }

    std::mutex _mutex;
    std::condition_variable _changed;
    std::thread _thread;
    std::vector<std::byte*> _pages;
    xen::block* _driver = nullptr;
    bool _stopping = false, _notified = false;
    u32 _consumed = 0, _answered = 0, _published = 0;
};
