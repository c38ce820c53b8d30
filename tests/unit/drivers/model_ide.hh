// An IDE channel with one disk in the test process; a thread of its own works the commands and raises the
// interrupt.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "drivers/ide/channel.hh"
#include "tests/unit/drivers/model_ata_disk.hh"

class model_ide final : public ide::registers
{
  public:
    explicit model_ide(model_ata_disk& d, bool wide = true) : disk(d), _wide(wide) {}
    ~model_ide() { stop(); }

    u8 read(ide::block where, unsigned index) override
    {
        std::lock_guard guard(_mutex);
        if (where == ide::block::bus_master)
            return _master[index];
        if (_second && !absent_answers)
            return 0;
        if (where == ide::block::control || index == ide::reg::status)
            return _status;
        return _registers[index];
    }
    void write(ide::block where, unsigned index, u8 value) override
    {
        std::lock_guard guard(_mutex);
        if (where == ide::block::bus_master) {
            if (index == ide::master::status)
                _master[index] &= static_cast<u8>(~(value & 6));
            else
                _master[index] = value;
        } else if (where == ide::block::control) {
            if (value & ide::control_bit::reset) {
                resets++;
                _status = comes_back ? 0x50 : 0xd0;
            }
        } else if (index == ide::reg::device) {
            _second = value & 0x10;
            _registers[index] = value;
        } else if (index == ide::reg::command) {
            start_command(value);
        } else {
            _earlier[index] = _registers[index];
            _registers[index] = value;
        }
        _changed.notify_all();
    }
    u16 read_data() override
    {
        std::lock_guard guard(_mutex);
        if (_at == 255)
            _status = 0x50;
        return disk.identity[_at++ % 256];
    }
    void write_region_list(u32 address) override { _list = address; }
    void cut_off() override { is_cut_off = true; }

    /// Starts the driver on it; the object stays until the test's end.
    result<ide::drive*> make(ide::channel::settings s = {})
    {
        s.highest_address = ~u64{0};
        auto made = TRY(ide::channel::create(*this, s));
        TRY(made->find_disks());
        static std::vector<unique_ptr<ide::channel>> all;
        auto* const driver = all.emplace_back(std::move(made)).get();
        _regions = driver->regions();
        _thread = std::thread([this, driver] { run(*driver); });
        driver->start();
        return driver->disk(0);
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
    std::vector<std::span<std::byte>> memory; // that the test reads into and writes from
    std::atomic<bool> silent{false}, comes_back{true}, is_cut_off{false}, absent_answers{false},
        bus_error{false};
    std::atomic<unsigned> resets{0}, spurious{0};

  private:
    void start_command(u8 command)
    {
        if (command == 0xec) {
            _at = 0;
            _status = 0x58;
            return;
        }
        _command = command;
        _status = 0xd0;
    }

    void run(ide::channel& driver)
    {
        std::unique_lock lock(_mutex);
        while (!_stopping) {
            const bool moves = _command != 0xea && _command != 0xe7;
            const bool ready = _command != 0 && (!moves || (_master[0] & ide::master::start));
            if (!ready || silent) {
                _changed.wait_for(lock, std::chrono::milliseconds(1));
                continue;
            }
            const bool good = serve(std::exchange(_command, 0));
            _status = good ? 0x50 : 0x51;
            _master[2] |= ide::master::interrupt | (bus_error ? ide::master::error : 0);
            lock.unlock();
            driver.interrupt();
            if (spurious)
                driver.interrupt();
            lock.lock();
        }
    }

    bool serve(u8 command)
    {
        using namespace ide;
        disk.commands++;
        if (command == 0xea || command == 0xe7) {
            disk.flushes++;
            return true;
        }
        u64 at = _registers[reg::sector_low] | u64{_registers[reg::sector_middle]} << 8 |
                 u64{_registers[reg::sector_high]} << 16;
        u32 sectors = _registers[reg::count];
        if (_wide) {
            at |= u64{_earlier[reg::sector_low]} << 24;
            sectors |= u32{_earlier[reg::count]} << 8;
        } else {
            at |= u64{_registers[reg::device] & 0xfu} << 24;
            sectors = sectors ? sectors : 256;
        }
        const bool writes = command == 0x35 || command == 0xca;
        if (at == disk.bad_sector || writes == ((_master[0] & master::to_memory) != 0))
            return false;
        size_t done = 0;
        for (unsigned i = 0;; i++) {
            std::byte* const place = find(_regions[i].address);
            if (!place)
                return false;
            const size_t length = _regions[i].length ? _regions[i].length : 65536;
            if (_regions[i].address / 65536 != (_regions[i].address + length - 1) / 65536)
                return false; // it crosses a border
            std::byte* const medium = disk.at(at) + done;
            std::memcpy(writes ? medium : place, writes ? place : medium, length);
            done += length;
            if (_regions[i].flags & region::last)
                break;
        }
        return done == size_t{sectors} * model_ata_disk::sector;
    }

    /// The test's memory lies above 4 GiB, where the controller does not reach it: its lower half tells.
    std::byte* find(u32 address)
    {
        for (const auto known : memory) {
            const auto offset = address - static_cast<u32>(reinterpret_cast<u64>(known.data()));
            if (offset < known.size())
                return known.data() + offset;
        }
        return nullptr;
    }

    const bool _wide;
    std::mutex _mutex;
    std::condition_variable _changed;
    std::thread _thread;
    bool _stopping = false, _second = false;
    u8 _status = 0x50, _command = 0;
    u8 _registers[8] = {}, _earlier[8] = {}, _master[8] = {};
    size_t _at = 0;
    u32 _list = 0;
    const ide::region* _regions = nullptr;
};
