// An AHCI controller with one port in the test process, worked by a thread of its own.
//
// It behaves as the specification says: after a failed command it stops until the port was stopped and its
// link reset. A test may make it silent, refuse to stop, or show bits that nobody asked for.
#pragma once

#include <bit>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "drivers/ahci/port.hh"
#include "tests/unit/drivers/model_ata_disk.hh"

class model_ahci final : public ahci::registers
{
  public:
    explicit model_ahci(model_ata_disk& d) : disk(d) {}
    ~model_ahci() { stop(); }

    u32 read(u32 offset) override
    {
        std::lock_guard guard(_mutex);
        if (offset == ahci::reg::capabilities)
            return capabilities;
        if (offset < ahci::reg::first_port || offset >= ahci::reg::first_port + ahci::reg::port_size)
            return 0;
        namespace r = ahci::port_reg;
        switch (const u32 at = offset - ahci::reg::first_port) {
        case r::issue:
            return _issue | junk;
        case r::active:
            return _active | junk;
        default:
            return _port[at / 4];
        }
    }

    void write(u32 offset, u32 value) override
    {
        std::lock_guard guard(_mutex);
        if (offset < ahci::reg::first_port)
            return;
        namespace r = ahci::port_reg;
        switch (const u32 at = offset - ahci::reg::first_port) {
        case r::interrupt_status:
        case r::error:
            _port[at / 4] &= ~value;
            break;
        case r::issue:
            _issue |= value;
            break;
        case r::active:
            _active |= value;
            break;
        case r::control:
            if ((_port[at / 4] & 0xf) == 1 && (value & 0xf) == 0) {
                resets++;
                _port[r::status / 4] = comes_back ? 0x123 : 0;
                _port[r::task_file / 4] = 0x50;
            }
            _port[at / 4] = value;
            break;
        case r::command:
            write_command(value);
            break;
        default:
            _port[at / 4] = value;
        }
        _changed.notify_all();
    }
    void cut_off() override { is_cut_off = true; }

    /// Starts the driver on it; the object stays until the test's end.
    result<ahci::port*> make(const ahci::port::timing& t = {})
    {
        auto made = TRY(ahci::port::create(*this, 0, t));
        static std::vector<unique_ptr<ahci::port>> all;
        auto* const driver = all.emplace_back(std::move(made)).get();
        _thread = std::thread([this, driver] { run(*driver); });
        TRY(driver->start_disk());
        return driver;
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

    model_ata_disk& disk;
    u32 capabilities = 0xc000'1f00; // 32 slots, queueing, 64-bit addresses
    std::atomic<u32> junk{0};       // bits that the device shows of its own accord
    std::atomic<bool> silent{false}, stops{true}, comes_back{true}, is_cut_off{false};
    std::atomic<unsigned> resets{0}, most_at_once{0};
    std::atomic<bool> flush_met_company{false}, tag_met_untagged{false};
    std::atomic<unsigned> holds{0}; // waits until so many commands are there, once

    void set_signature(u32 value) { _port[ahci::port_reg::signature / 4] = value; }

  private:
    void write_command(u32 value)
    {
        namespace b = ahci::command_bit;
        const u32 engines = b::running | b::receive_running;
        u32 now = value & ~engines;
        if ((value & b::start) || !stops)
            now |= b::running;
        if (value & b::receive)
            now |= b::receive_running;
        if (!(value & b::start) && stops) {
            _issue = _active = 0;
            _failed = false;
        }
        _port[ahci::port_reg::command / 4] = now;
    }

    void run(ahci::port& driver)
    {
        std::unique_lock lock(_mutex);
        while (!_stopping) {
            const u32 waiting = _issue; // a tag counts from the moment that its command is issued
            const auto count = static_cast<unsigned>(std::popcount(waiting));
            if (waiting == 0 || silent || _failed || count < holds) {
                _changed.wait_for(lock, std::chrono::milliseconds(1));
                continue;
            }
            holds = 0;
            most_at_once = std::max(most_at_once.load(), count);
            if (_active != 0 && (_issue & ~_active))
                tag_met_untagged = true;
            serve(static_cast<unsigned>(std::countr_zero(waiting)), count);
            lock.unlock();
            driver.interrupt();
            lock.lock();
        }
    }

    void serve(unsigned index, unsigned count)
    {
        const u64 list =
            _port[ahci::port_reg::command_list / 4] | u64{_port[ahci::port_reg::command_list / 4 + 1]} << 32;
        const auto& header = reinterpret_cast<const ahci::command_header*>(list)[index];
        const auto* const table = reinterpret_cast<const std::byte*>(header.table);
        const auto& fis = *reinterpret_cast<const ahci::command_fis*>(table);
        disk.commands++;
        const bool tagged = fis.command == 0x60 || fis.command == 0x61;
        u64 at = fis.sector_low[0] | u64{fis.sector_low[1]} << 8 | u64{fis.sector_low[2]} << 16;
        if (tagged || fis.command == 0x25 || fis.command == 0x35)
            at |= u64{fis.sector_high[0]} << 24;
        else
            at |= u64{fis.device & 0xfu} << 24;
        bool good = at != disk.bad_sector;
        if (fis.command == 0xea || fis.command == 0xe7) {
            disk.flushes++;
            if (count != 1)
                flush_met_company = true;
        } else if (fis.command == 0xec) {
            move(header, table, reinterpret_cast<std::byte*>(disk.identity), false);
        } else if (good) {
            const u32 expected =
                tagged ? fis.features_low | fis.features_high << 8 : fis.count_low | fis.count_high << 8;
            const size_t bytes = move(header, table, disk.at(at), header.flags & ahci::command_header::write);
            good = bytes == size_t{expected} * model_ata_disk::sector;
        }
        const u32 bit = u32{1} << index;
        if (!good) {
            _failed = true;
            _port[ahci::port_reg::task_file / 4] = 0x4041;
            _port[ahci::port_reg::interrupt_status / 4] |= ahci::interrupt_bit::task_file;
            return;
        }
        _issue &= ~bit;
        _active &= ~bit;
        _port[ahci::port_reg::interrupt_status / 4] |=
            tagged ? ahci::interrupt_bit::tags_received : ahci::interrupt_bit::registers_received;
    }

    static size_t move(const ahci::command_header& header, const std::byte* table, std::byte* medium,
                       bool out)
    {
        const auto* const regions = reinterpret_cast<const ahci::region*>(table + 0x80);
        size_t done = 0;
        for (unsigned i = 0; i < header.regions; i++) {
            const size_t length = regions[i].length_less_1 + 1;
            auto* const memory = reinterpret_cast<std::byte*>(regions[i].address);
            if (out)
                std::memcpy(medium + done, memory, length);
            else
                std::memcpy(memory, medium + done, length);
            done += length;
        }
        return done;
    }

    std::mutex _mutex;
    std::condition_variable _changed;
    std::thread _thread;
    bool _stopping = false;
    bool _failed = false;
    u32 _issue = 0, _active = 0;
    u32 _port[ahci::reg::port_size / 4] = {0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x101, 0x123};
};
