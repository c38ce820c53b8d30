// The owner of RAM: frames of 4 KiB in blocks of 2^order, by a buddy allocator with a cache per CPU.
//
// Free blocks are linked through themselves; beside them there is one state byte per frame (kind and order),
// which also tells the kernel heap what a pointer belongs to. RAM is taken up section by section when it is
// first needed, so starting costs the same for 4 MiB and for a terabyte.
//
// Locking: caches are per CPU with interrupts off, the free lists under one spinlock (rank frames). Callable
// from any context but NMI; only a caller with interrupts on gets memory that must first be reclaimed.
#pragma once

#include <span>

#include "core/base/result.hh"
#include "core/base/types.hh"

namespace mm
{
struct memory_range {
    phys_addr start;
    u64 length = 0; // bytes
};

enum class zeroing : u8 { none, zeroed };

inline constexpr unsigned max_order = 12; // 16 MiB
inline constexpr unsigned large_page_order = 9;

/// Takes over all of `ram` that no range of `reserved` touches. Both lists are in any order and may overlap.
/// Called once, when `to_virtual` reaches at least the first 4 GiB (or all) of RAM. Errors: enomem if there
/// is not even room for the state bytes.
result<void> init_frames(std::span<const memory_range> ram, std::span<const memory_range> reserved);

/// A block of 2^order frames, aligned to its size. Errors: enomem.
result<phys_addr> allocate_frames(unsigned order = 0, zeroing clear = zeroing::none);

/// The same without asking anybody to give memory back.
result<phys_addr> try_allocate_frames(unsigned order, zeroing clear = zeroing::none);

void free_frames(phys_addr block, unsigned order = 0);

/// Single frames, as many as come without asking anybody; returns how many.
size_t try_allocate_singles(std::span<phys_addr> frames, zeroing clear);

/// A block in one word, for long lists of them.
class frame_block
{
  public:
    constexpr frame_block() = default;
    constexpr frame_block(phys_addr address, unsigned order) : _raw(address.value | order) {}
    constexpr phys_addr address() const { return phys_addr(_raw).page(); }
    constexpr unsigned order() const { return static_cast<unsigned>(_raw & page_mask); }

  private:
    u64 _raw; // not initialised, so that arrays of them cost nothing
};
void free_blocks(std::span<const frame_block> blocks);

/// Makes 2^order single frames of an allocated block; each is then freed on its own.
void split_frames(phys_addr block, unsigned order);

/// Gives RAM that was reserved at boot (the boot module once unpacked) to the allocator; whole pages inside
/// it only.
void release_reserved(const memory_range& range);

struct frame_statistics {
    u64 total = 0; // frames under management
    u64 free = 0;  // of these; what lies in CPUs' caches counts as free
};
frame_statistics statistics();

/// frame_statistics::total alone, for nothing.
u64 total_frames();

/// Fewer frames are free than callers that could do without (2 MiB pages, read-ahead) should leave to others.
bool memory_is_short();

/// So little is free that what may be reclaimed must make room for what is read.
bool memory_is_scarce();

/// Sets all bytes of a frame to 0, or to those of another: the routines for it.
void clear_frame(phys_addr frame);
void copy_frame(phys_addr to, phys_addr from);
} // namespace mm
