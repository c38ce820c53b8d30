// An IDE channel: up to two disks that take turns, and a bus master that moves their data.
//
// One command is under way at a time: `_turn` is held around it, and the caller sleeps until the interrupt
// has read the disk's status. A command that fails, or takes longer than `patience`, is tried once more after
// a reset of the channel. A channel that does not come back is dead: its controller is cut off from memory,
// and every request fails.
#pragma once

#include "core/sync/mutex.hh"
#include "core/sync/spinlock.hh"
#include "core/sync/wait_queue.hh"
#include "drivers/ata/disk.hh"
#include "drivers/ide/registers.hh"

namespace ide
{
class channel;

class drive final : public ata::disk
{
  public:
    drive(channel& c, unsigned number, u64 highest_address)
        : disk({.highest_address = highest_address, .segment_bytes = 64_KiB, .segment_boundary = 64_KiB}),
          _channel(c), _number(number)
    {
    }
    void set_up(const ata::identity& i) { set_identity(i); }
    using disk::publish;

  private:
    result<void> run(const ata::request& r) override;

    channel& _channel;
    const unsigned _number; // 0 or 1
};

class channel
{
  public:
    struct settings {
        nanoseconds patience = std::chrono::seconds(30); // with a command
        nanoseconds step = std::chrono::milliseconds(1); // between looks at a channel that is busy
        unsigned steps = 1000;
        u64 highest_address = 0xffff'ffff; // that the controller reaches; tests have none below it
    };

    static result<unique_ptr<channel>> create(registers& r, const settings& s);
    static result<unique_ptr<channel>> create(registers& r) { return create(r, {}); }
    channel(registers& r, const settings& s) : _registers(r), _settings(s) {}

    /// Looks for disks, with interrupts off. Errors: enodev (there is none), enomem.
    result<void> find_disks();
    /// Lets the channel raise its interrupt, whose handler is connected, and makes the disks known.
    void start();

    /// Interrupt context.
    void interrupt();

    // For tests: a disk, or null, and what the bus master reads.
    drive* disk(unsigned number) { return _drives[number].get(); }
    const region* regions() const { return _regions; }

  private:
    friend class drive;
    enum class outcome : u8 { pending, good, bad };

    result<void> run(unsigned number, const ata::request& r, const ata::identity& about);
    result<void> try_once(unsigned number, const ata::request& r, const ata::identity& about) REQUIRES(_turn);
    result<void> select(unsigned number, u8 more) REQUIRES(_turn);
    void write_place(const ata::request& r, bool wide) REQUIRES(_turn);
    void fill_regions(const ata::request& r) REQUIRES(_turn);
    result<void> wait_for_end() REQUIRES(_turn);
    void recover() REQUIRES(_turn);
    result<ata::identity> identify(unsigned number) REQUIRES(_turn);
    /// Whether it became true in time.
    template <class Predicate>
    bool look_until(Predicate there)
    {
        for (unsigned i = 0; i < _settings.steps; i++) {
            if (there())
                return true;
            pause();
        }
        return there();
    }
    bool look_until_ready();
    void pause();

    u8 read(unsigned index) { return _registers.read(block::command, index); }
    void write(unsigned index, u8 value) { _registers.write(block::command, index, value); }

    registers& _registers;
    const settings _settings;
    unique_ptr<drive> _drives[2];
    unique_ptr<std::byte[]> _allocation; // of _regions
    region* _regions = nullptr;

    mutex _turn{lock_rank::generic_mutex};
    bool _dead GUARDED_BY(_turn) = false;

    spinlock _lock{lock_rank::device};
    outcome _outcome GUARDED_BY(_lock) = outcome::good; // pending: a command is under way
    wait_queue _ended;
};
} // namespace ide
