// One port of an AHCI controller, with the disk on it.
//
// A caller takes a command slot, writes its command and sleeps until the interrupt finds the slot's bit
// cleared; so as many commands are under way as the disk's queue is deep, or one on a disk without a queue. A
// flush has no tag, so it goes alone.
//
//     slot:  free -> taken -> issued -> done ------> free
//                      ^         +--> again          the port failed: each goes once more, alone
//                      +--------------+              who then fails again gets eio
//
// When a command fails the controller stops the port, and nobody says which of the queued commands it was.
// So the first caller that wakes resets the link, and every command that was under way is issued again on its
// own. A command that takes longer than `patience` is treated the same way. A port that does not come back is
// dead: its controller is cut off from memory, since it may still write to buffers, and each request fails.
//
// What the controller writes is never used as an index or a length: slots that it reports and we did not
// issue are passed over. Locking: `_lock` (device registers and slots); recovery sleeps without it, in state
// `recovering`, in which nobody issues.
#pragma once

#include "core/sync/spinlock.hh"
#include "core/sync/wait_queue.hh"
#include "drivers/ahci/registers.hh"
#include "drivers/ata/disk.hh"

namespace ahci
{
class port final : public ata::disk
{
  public:
    struct timing {
        nanoseconds patience = std::chrono::seconds(30); // with a command
        nanoseconds step =
            std::chrono::milliseconds(1); // between looks at a port that is to stop or come back
        unsigned steps = 1000;
    };

    /// Takes over port `index`, whose disk is there, and starts it. Errors: enodev (no disk with DMA), eio
    /// (it does not start or answer), enomem.
    static result<unique_ptr<port>> create(registers& r, unsigned index, const timing& t);
    static result<unique_ptr<port>> create(registers& r, unsigned index) { return create(r, index, {}); }

    port(registers& r, unsigned index, u32 capabilities, const timing& t);

    /// Whether a link to a device is up on port `index`.
    static bool has_device(registers& r, unsigned index);

    /// Asks the disk what it is; interrupts must work. Errors: as create().
    result<void> identify();
    /// The same, and makes the disk known.
    result<void> start_disk();

    /// Interrupt context.
    void interrupt();

  private:
    static constexpr unsigned most_slots = 32;
    static constexpr u8 identify_command = 0xec, read_tagged = 0x60, write_tagged = 0x61;

    enum class slot_state : u8 { free, taken, issued, done, again };
    enum class attempt : u8 { first, second };
    enum class port_state : u8 { running, failed, recovering, dead };

    struct slot {
        slot_state state = slot_state::free; // _lock, like all slots
        wait_queue waiting;
    };

    /// Command FIS and region list of a slot, as the controller reads them.
    struct alignas(128) command_table {
        command_fis fis;
        u8 unused[0x80 - sizeof(command_fis)];
        region regions[ata::request::most_segments];
    };
    /// What the controller reads and writes; one piece of RAM.
    struct alignas(1024) shared_memory {
        command_header list[most_slots];
        u8 received[256];
        u8 unused[1024 - 256];
        command_table tables[most_slots];
    };

    /// How a command goes to the disk.
    struct command {
        u8 code;
        bool tagged = false;
        bool writes = false;
        const ata::request* about = nullptr; // sector, count and memory
    };

    u32 read_register(u32 offset) { return _registers.read(_base + offset); }
    void write_register(u32 offset, u32 value) { _registers.write(_base + offset, value); }

    static u64 highest_address(u32 capabilities);
    result<void> initialize();
    result<void> run(const ata::request& r) override;
    result<void> run_command(const command& c);
    result<void> try_locked(unsigned index, const command& c, attempt which) REQUIRES(_lock);
    unsigned take_slot_locked() REQUIRES(_lock);
    result<void> wait_for_turn_locked(bool tagged, attempt which) REQUIRES(_lock);
    bool may_issue_locked(bool tagged, attempt which) const REQUIRES(_lock);
    void issue_locked(unsigned index, const command& c) REQUIRES(_lock);
    void fill_table(command_table& t, const command& c, unsigned index);
    void finish_locked(u32 finished) REQUIRES(_lock);
    void fail_locked() REQUIRES(_lock);
    void recover_locked() REQUIRES(_lock);
    result<void> restart();
    result<void> stop();
    result<void> reset_link();
    void start();
    template <class Predicate>
    bool look_until(Predicate there);
    void pause();
    command command_for(const ata::request& r) const;

    registers& _registers;
    const u32 _base;
    const u32 _capabilities;
    const timing _timing;
    unsigned _slots_in_use = 1; // the disk's queue and the controller's; set by start_disk()
    shared_memory* _memory = nullptr;
    unique_ptr<std::byte[]> _allocation; // of _memory

    spinlock _lock{lock_rank::device};
    port_state _state GUARDED_BY(_lock) = port_state::running;
    u32 _issued GUARDED_BY(_lock) = 0; // slots that are with the controller
    bool _issued_tagged GUARDED_BY(_lock) = false;
    unsigned _waiting_untagged GUARDED_BY(_lock) = 0; // holds new tagged ones back, or it would never go
    unsigned _again GUARDED_BY(_lock) = 0;            // slots that must go once more, alone
    slot _slots[most_slots];
    wait_queue _turn; // a slot is free, or may be issued
};
} // namespace ahci
