// What all ATA disks have in common, whatever they are attached to: sector ranges, requests cut to what the
// controller takes at once, and copies of what it cannot reach.
//
// A controller's driver derives from it, says what it can reach (`limits`) and runs one command at a time for
// each caller. Memory that the controller cannot reach goes through a copy: kernel areas (stacks), which are
// not contiguous in RAM, odd addresses, and what lies beyond the controller's address lines.
#pragma once

#include <array>

#include "core/base/make_unique.hh"
#include "core/device/block_device.hh"
#include "core/sync/mutex.hh"
#include "drivers/ata/identify.hh"

namespace ata
{
enum class operation : u8 { read, write, flush };

/// A piece of RAM.
struct segment {
    phys_addr address;
    u32 length = 0;
};

/// One command and the memory that it is about.
struct request {
    static constexpr size_t most_segments = 32;

    ata::operation what;
    u64 sector = 0;
    std::array<segment, most_segments> segments{};
    size_t count = 0;
    u32 bytes = 0;

    u32 sectors() const { return bytes / static_cast<u32>(block_device::sector_size); }
};

/// The command byte (ATA8-ACS §7) without a tag, by DMA.
u8 command_of(operation what, bool wide_numbers);

/// Memory that a controller with few address lines reaches, found by trying. Errors: enomem.
result<unique_ptr<std::byte[]>> allocate_below(u64 highest_address, size_t size);

class disk : public block_device
{
  public:
    std::string_view name() const override { return {_name, sizeof _name}; }
    u64 sector_count() const override { return _identity.sectors; }
    bool read_only() const override { return false; }
    result<void> read(u64 first_sector, std::span<std::byte> buffer) override;
    result<void> write(u64 first_sector, std::span<const std::byte> buffer) override;
    result<void> read_pieces(u64 first_sector, std::span<const std::span<std::byte>> pieces) override;
    result<void> write_pieces(u64 first_sector, std::span<const std::span<const std::byte>> pieces) override;
    result<void> flush() override;

  protected:
    struct limits {
        u64 highest_address = ~u64{0}; // that the controller reaches
        u32 segment_bytes = 1_MiB;     // even
        u32 segment_boundary = 0;      // no segment crosses a multiple of it; 0: it may
    };

    explicit disk(limits l) : _limits(l) {}

    /// Runs a command and waits for its end. Thread context. Errors: eio, etimedout.
    virtual result<void> run(const request& r) = 0;

    const ata::identity& identity() const { return _identity; }
    void set_identity(const ata::identity& i) { _identity = i; }

    /// Makes it known as sda, sdb ... Errors: enospc (no name left).
    result<void> publish();

  private:
    template <class Byte>
    result<void> transfer(operation what, u64 first_sector, std::span<const std::span<Byte>> pieces);
    template <class Byte>
    result<void> transfer_bounced(operation what, u64 first_sector, std::span<Byte> piece);
    template <class Byte>
    result<void> transfer_by_copy(operation what, u64 first_sector, std::span<Byte> piece, std::byte* copy);
    bool reaches(const std::byte* data, size_t length) const;
    u32 add(request& r, const std::byte* data, size_t length) const;
    u32 most_bytes() const;

    const limits _limits;
    ata::identity _identity;
    char _name[3] = {'s', 'd', 'a'};
    mutex _copying{lock_rank::block_device};
    unique_ptr<std::byte[]> _shared_copy; // set by publish(); what is in it: _copying
};
} // namespace ata
