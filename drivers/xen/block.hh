// xen-blkfront: a disk that another domain serves.
//
// Data goes through pages of the driver's own, which stay granted for as long as the machine runs; the back
// end maps each once and keeps it (feature-persistent), and never sees anything else of ours. So callers'
// memory may lie anywhere, and a request has as many pages as it needs. A caller takes a slot with its pages,
// sends one request and sleeps until the answer has come; as many are in flight as there are slots. With
// indirect segments a request carries 128 KiB, else 44. A back end that breaks the ring's rules, or goes
// away, fails every request.
#pragma once

#include <array>

#include "core/base/make_unique.hh"
#include "core/device/block_device.hh"
#include "core/sync/spinlock.hh"
#include "core/sync/wait_queue.hh"
#include "drivers/xen/back_end.hh"
#include "drivers/xen/block_abi.hh"
#include "drivers/xen/ring.hh"
#include "drivers/xen/shared_page.hh"

namespace xen
{
class block final : public block_device
{
  public:
    /// What the back end says of the disk.
    struct properties {
        u64 sectors = 0; // of 512 bytes
        bool read_only = false;
        bool has_flush = false;
        u32 indirect_segments = 0; // that a request may have; 0: none
    };

    /// `letter` makes the name: xvda. Errors: enomem, enospc.
    static result<unique_ptr<block>> create(back_end& b, char letter);
    block(back_end& b, char letter, void* page) : _back_end(b), _name{'x', 'v', 'd', letter}, _ring(page) {}

    /// The ring's page, for the back end.
    u32 ring_grant() const { return _ring_grant; }
    /// When the back end is connected, before the first request.
    void set_properties(const properties& p);

    /// Interrupt context.
    void interrupt();
    /// The back end is closed. Thread context.
    void back_end_gone();

    std::string_view name() const override { return {_name, sizeof _name}; }
    u64 sector_count() const override { return _properties.sectors; }
    bool read_only() const override { return _properties.read_only; }
    result<void> read(u64 first_sector, std::span<std::byte> buffer) override;
    result<void> write(u64 first_sector, std::span<const std::byte> buffer) override;
    result<void> read_pieces(u64 first_sector, std::span<const std::span<std::byte>> pieces) override;
    result<void> write_pieces(u64 first_sector, std::span<const std::span<const std::byte>> pieces) override;
    result<void> flush() override;

  private:
    static constexpr size_t slots = 8;
    static constexpr size_t most_pages = 32;

    /// A request's pages, shared when they are first needed. Who took the slot owns it.
    struct slot {
        bool taken = false;   // _lock
        bool waiting = false; // for an answer; _lock
        bool good = false;    // _lock
        std::array<shared_page, most_pages> pages;
        shared_page segments; // of the indirect form
        wait_queue answered;
    };

    template <class Byte>
    result<void> transfer(u8 operation, u64 first_sector, std::span<const std::span<Byte>> pieces);
    slot& take_slot();
    void give_back(slot& s);
    result<void> prepare_pages(slot& s, size_t bytes);
    result<void> run(slot& s, u8 operation, u64 sector, size_t bytes);
    void add_locked(slot& s, u8 operation, u64 sector, size_t bytes) REQUIRES(_lock);
    void add_indirect_locked(slot& s, u8 operation, u64 sector, size_t bytes) REQUIRES(_lock);
    void break_off_locked(std::string_view why) REQUIRES(_lock);

    back_end& _back_end;
    const char _name[4];
    u32 _ring_grant = 0;
    properties _properties;
    size_t _pages_per_request = disk_request::most_segments;

    spinlock _lock{lock_rank::device};
    front_ring<disk_request, disk_answer> _ring GUARDED_BY(_lock);
    bool _gone GUARDED_BY(_lock) = false;
    std::array<slot, slots> _slots;
    wait_queue _slot_freed;
};
} // namespace xen
